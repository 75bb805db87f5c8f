#include "cli/malloc_settings.h"

#include <unistd.h>

#include <cstdlib>

#include "cli/commands.h"
#include "core/interrupt.h"

namespace marquee::cli {

void keep_freed_memory() {
  constexpr const char* kName = "MALLOC_CONF";
  if (std::getenv(kName) != nullptr) return;
  throw_if_interrupted();  // handlers and what they have seen end with this program
  setenv(kName, "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always", /*overwrite=*/1);
  execv("/proc/self/exe", arguments());
}

}  // namespace marquee::cli
