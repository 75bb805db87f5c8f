#include "core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace marquee {

namespace {
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : fd_(open(path.c_str(), flags, 0644)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};
}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file.string()) {
  const Descriptor fd(file, O_RDONLY | O_CLOEXEC);
  if (fd.get() < 0) throw errno_error("cannot read " + path_);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) throw errno_error("cannot read " + path_);
  if (!S_ISREG(info.st_mode)) throw system_error("cannot read " + path_ + ": not a regular file");
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (address == MAP_FAILED) throw errno_error("cannot map " + path_);
  data_ = static_cast<const char*>(address);
}

MappedFile::~MappedFile() { unmap(); }

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    path_ = std::move(other.path_);
  }
  return *this;
}

void MappedFile::unmap() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

void MappedFile::check_multiple_of(size_t size) const {
  if (size_ % size != 0) {
    throw artefact_error(cat(path_, ": ", size_, " bytes is no multiple of ", size));
  }
}

MappedOutput::MappedOutput(const std::filesystem::path& file, size_t bytes)
    : file_(file), size_(bytes), mapped_(bytes) {
  const Descriptor fd(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC);
  if (fd.get() < 0) throw errno_error("cannot create " + file.string());
  if (bytes == 0) return;
  if (const int code = posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); code != 0) {
    errno = code;
    throw errno_error(cat("cannot write ", file.string(), " (", human_bytes(double(bytes)), ")"));
  }
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) throw errno_error("cannot map " + file.string());
  data_ = static_cast<char*>(address);
}

MappedOutput::MappedOutput(MappedOutput&& other) noexcept
    : file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

MappedOutput::~MappedOutput() {
  if (data_ != nullptr) munmap(data_, mapped_);
}

void MappedOutput::shrink(size_t bytes) {
  std::filesystem::resize_file(file_, bytes);
  size_ = bytes;
}

FileWriter::FileWriter(const std::filesystem::path& file, const char* mode)
    : path_(file), file_(std::fopen(file.c_str(), mode)) {
  if (file_ == nullptr) throw errno_error("cannot write " + path_.string());
}

FileWriter::~FileWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

void FileWriter::write(std::string_view text) {
  if (text.empty()) return;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    throw errno_error("cannot write " + path_.string());
  }
}

void FileWriter::flush() {
  if (std::fflush(file_) != 0) throw errno_error("cannot write " + path_.string());
}

void FileWriter::close() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) {
    throw errno_error("cannot write " + path_.string());
  }
}

std::string read_file(const std::filesystem::path& file) {
  return std::string(MappedFile(file).text());
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  FileWriter writer(file);
  writer.write(text);
  writer.close();
}

void write_file_atomically(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path aside =
      file.parent_path() / ("." + file.filename().string() + ".tmp");
  write_file(aside, text);
  sync_path(aside);
  std::filesystem::rename(aside, file);
  sync_path(std::filesystem::absolute(file).parent_path());
}

void sync_path(const std::filesystem::path& path) {
  const Descriptor fd(path, O_RDONLY | O_CLOEXEC);
  if (fd.get() < 0 || fsync(fd.get()) != 0) throw errno_error("cannot sync " + path.string());
}

}  // namespace marquee
