#include "data/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "data/spool.h"

namespace marquee::data {

namespace {

constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";
constexpr size_t kBufferBytes = 1 << 20;
constexpr int kGzipAlone = 15 + 16;  // zlib's window bits: the largest window, gzip's header

[[noreturn]] void throw_ends_early() {
  throw Error("the compressed data end in the middle; the file is not complete");
}

[[noreturn]] void throw_damaged(const char* reason) {
  throw Error(cat("the compressed data are damaged", reason != nullptr ? ": " : "",
                  reason != nullptr ? reason : "", "; write the file again"));
}

// Where what is unpacked goes, as much of it as is allowed.
class Sink {
 public:
  Sink(uint64_t packed, const std::filesystem::path& folder)
      : most_(std::max(kAlwaysUnpacked, packed * kMaxExpansion)), spool_(folder) {}

  std::vector<char>& buffer() { return buffer_; }

  void take(size_t bytes) {  // the first of the buffer
    throw_if_interrupted();
    count_ += bytes;
    if (count_ > most_) {
      throw Error(cat("the compressed data expand to more than ", kMaxExpansion,
                      " times their size; unpack the file yourself if that is meant"));
    }
    spool_.write({buffer_.data(), bytes});
  }

  MappedFile map() const { return spool_.map(); }

 private:
  const uint64_t most_;
  Spool spool_;
  uint64_t count_ = 0;
  std::vector<char> buffer_ = std::vector<char>(kBufferBytes);
};

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, kGzipAlone) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void run(std::string_view packed, Sink& sink) {
    std::string_view left = packed;
    while (!left.empty()) {
      if (!left.starts_with(kGzip)) {
        throw Error(cat("the compressed data end at byte ", packed.size() - left.size(),
                        ", and something else follows; the file is damaged"));
      }
      inflateReset(&stream_);
      left = member(left, sink);
    }
  }

 private:
  // One member → what follows it.
  std::string_view member(std::string_view left, Sink& sink) {
    std::vector<char>& buffer = sink.buffer();
    for (int status = Z_OK; status != Z_STREAM_END;) {
      const size_t most = std::min<size_t>(left.size(), std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left.data()));
      stream_.avail_in = static_cast<uInt>(most);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      status = inflate(&stream_, Z_NO_FLUSH);
      left.remove_prefix(most - stream_.avail_in);
      const size_t made = buffer.size() - stream_.avail_out;
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        throw_damaged(stream_.msg);
      }
      if (status != Z_STREAM_END && made == 0 && left.empty()) throw_ends_early();
      sink.take(made);
    }
    return left;
  }

  z_stream stream_{};
};

void unpack_zstd(std::string_view packed, Sink& sink) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  for (size_t wanted = 0;;) {
    ZSTD_outBuffer out{sink.buffer().data(), sink.buffer().size(), 0};
    const size_t before = in.pos;
    wanted = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(wanted) != 0) throw_damaged(ZSTD_getErrorName(wanted));
    sink.take(out.pos);
    if (wanted == 0 && in.pos == in.size) return;
    if (wanted != 0 && out.pos == 0 && in.pos == before) throw_ends_early();
  }
}

}  // namespace

bool is_compressed(std::string_view packed) {
  return packed.starts_with(kGzip) || packed.starts_with(kZstd);
}

MappedFile unpacked(std::string_view packed, const std::filesystem::path& folder) {
  Sink sink(packed.size(), folder);
  if (packed.starts_with(kGzip)) {
    Inflater().run(packed, sink);
  } else {
    unpack_zstd(packed, sink);
  }
  return sink.map();
}

}  // namespace marquee::data
