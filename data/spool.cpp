#include "data/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/interruptible_input.h"
#include "core/text.h"

namespace marquee::data {

namespace {

constexpr size_t kBufferBytes = 1 << 20;

int open_without_name(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  // File systems that cannot do it: a name for a moment.
  std::string name = (folder / ".spool-XXXXXX").string();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

Spool::Spool(std::filesystem::path folder)
    : folder_(std::move(folder)), fd_(open_without_name(folder_)) {
  if (fd_ < 0) throw errno_error("cannot write into " + folder_.string());
}

Spool::~Spool() { close(fd_); }

void Spool::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw errno_error("cannot write into " + folder_.string());
    text.remove_prefix(static_cast<size_t>(written));
  }
}

MappedFile Spool::map() const { return MappedFile(cat("/proc/self/fd/", fd_)); }

MappedFile spooled_standard_input(const std::filesystem::path& folder) {
  Spool spool(folder);
  InterruptibleInput input;
  std::vector<char> buffer(kBufferBytes);
  for (;;) {
    const auto count = input.sgetn(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (count <= 0) return spool.map();
    spool.write({buffer.data(), static_cast<size_t>(count)});
  }
}

}  // namespace marquee::data
