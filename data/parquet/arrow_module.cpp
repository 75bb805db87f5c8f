#include "data/parquet/arrow_module.h"

#include <dlfcn.h>

#include "core/error.h"
#include "core/installed.h"
#include "core/text.h"

namespace marquee::data {

void* arrow_symbol(const char* name, const std::string& verb) {
  std::string why = "it was made without Arrow's libraries";
  if (const auto file = program_file("libmarquee_parquet.so")) {
    void* const module = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const found = module == nullptr ? nullptr : dlsym(module, name);
    if (found != nullptr) return found;
    why = dlerror();
  }
  throw Error(cat("this build cannot ", verb, " Parquet: ", why, "; docs/data.md says what it ",
                  "needs, or take CSV or JSON lines"));
}

}  // namespace marquee::data
