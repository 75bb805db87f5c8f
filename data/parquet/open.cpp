#include <dlfcn.h>

#include "core/error.h"
#include "core/text.h"
#include "data/parquet/parquet_file.h"

namespace marquee::data {

namespace {

using Open = void(std::string_view bytes, std::unique_ptr<ParquetFile>& opened);

// Beside the program in a build, in lib/marquee where it is installed, of which the program that
// computes with tensors is there.
Open* opener() {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  std::string why;
  for (const char* folder : {".", "../lib/marquee"}) {
    const auto file = here / folder / "libmarquee_parquet.so";
    void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      if (why.empty() || std::filesystem::exists(file)) why = dlerror();
      continue;
    }
    if (void* const found = dlsym(module, "marquee_open_parquet")) {
      return reinterpret_cast<Open*>(found);
    }
    why = dlerror();
  }
  throw Error(cat("this build cannot read Parquet: ", why, "; build it where Arrow's libraries ",
                  "are (docs/data.md), or write the file as CSV or JSON lines"));
}

}  // namespace

std::unique_ptr<ParquetFile> open_parquet(std::string_view bytes,
                                          const std::filesystem::path& file) {
  static Open* const open = opener();
  try {
    std::unique_ptr<ParquetFile> opened;
    open(bytes, opened);
    return opened;
  } catch (const std::exception& e) {
    throw Error(cat(file.string(), ": ", e.what()));
  }
}

}  // namespace marquee::data
