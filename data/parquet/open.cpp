#include "core/error.h"
#include "core/text.h"
#include "data/parquet/arrow_module.h"
#include "data/parquet/parquet_file.h"

namespace marquee::data {

namespace {

using Open = void(std::string_view bytes, std::unique_ptr<ParquetFile>& opened);

}  // namespace

std::unique_ptr<ParquetFile> open_parquet(std::string_view bytes,
                                          const std::filesystem::path& file) {
  static auto* const open = arrow_function<Open>("marquee_open_parquet", "read");
  try {
    std::unique_ptr<ParquetFile> opened;
    open(bytes, opened);
    return opened;
  } catch (const std::exception& e) {
    throw Error(cat(file.string(), ": ", e.what()));
  }
}

}  // namespace marquee::data
