#include "cli/malloc_settings.h"

#include <unistd.h>

#include <cstdlib>

#include "cli/commands.h"
#include "core/interrupt.h"

namespace marquee::cli {

namespace {
constexpr const char* kName = "MALLOC_CONF";
}

void set_memory_to_keep() {
  setenv(kName, "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always", /*overwrite=*/0);
}

void keep_freed_memory() {
  if (std::getenv(kName) != nullptr) return;
  throw_if_interrupted();  // handlers and what they have seen end with this program
  set_memory_to_keep();
  execv("/proc/self/exe", arguments());
}

}  // namespace marquee::cli
