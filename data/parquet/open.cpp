#include <dlfcn.h>

#include "core/error.h"
#include "core/installed.h"
#include "core/text.h"
#include "data/parquet/parquet_file.h"

namespace marquee::data {

namespace {

using Open = void(std::string_view bytes, std::unique_ptr<ParquetFile>& opened);

Open* opener() {
  std::string why = "it was made without Arrow's libraries";
  if (const auto file = program_file("libmarquee_parquet.so")) {
    void* const module = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const found = module == nullptr ? nullptr : dlsym(module, "marquee_open_parquet");
    if (found != nullptr) return reinterpret_cast<Open*>(found);
    why = dlerror();
  }
  throw Error(cat("this build cannot read Parquet: ", why, "; docs/data.md says what it needs, or ",
                  "write the file as CSV or JSON lines"));
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
