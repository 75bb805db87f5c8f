// Files: mapped for reading, written with every error noticed, mapped for writing as columns.
// All throw Error of kind system with the path and the reason ("No space left on device").
#pragma once

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace marquee {

// A whole file mapped read-only. An empty file is an empty view.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view text() const { return {data_, size_}; }

  // The file as an array of T; throws Error of kind artefact if the size is no multiple of T's.
  template <typename T>
  std::span<const T> as() const {
    check_multiple_of(sizeof(T));
    return {reinterpret_cast<const T*>(data_), size_ / sizeof(T)};
  }

 private:
  void check_multiple_of(size_t size) const;
  void unmap();
  const char* data_ = nullptr;
  size_t size_ = 0;
  std::string path_;
};

// A file of exactly `bytes` bytes mapped for writing: its pages can be written back under memory
// pressure, so a column does not count as held memory. Space is reserved first, so that a full
// disk is an Error here and not a signal later.
class MappedOutput {
 public:
  MappedOutput(const std::filesystem::path& file, size_t bytes);
  ~MappedOutput();
  MappedOutput(MappedOutput&& other) noexcept;
  MappedOutput& operator=(MappedOutput&&) = delete;

  template <typename T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(data_), size_ / sizeof(T)};
  }

  void shrink(size_t bytes);  // the file ends there from now on

 private:
  std::filesystem::path file_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;
};

// A buffered file being written. close() reports what the destructor could not.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& file, const char* mode = "wb");
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::string_view text);
  template <typename T>
  void write_values(std::span<const T> values) {
    write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  void flush();
  void close();

 private:
  std::filesystem::path path_;
  std::FILE* file_;
};

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view text);

// The file appears complete or not at all: a temporary file is written, synced and renamed.
void write_file_atomically(const std::filesystem::path& file, std::string_view text);

void sync_path(const std::filesystem::path& path);  // fsync of a file or folder

}  // namespace marquee
