// Commands pass artefacts to each other: folders with a manifest.json that names the kind, the
// schema, what the artefact was made from, and the size and SHA-256 of every file. A folder appears
// complete or not at all, and nothing in it is parsed before its hash has been checked. The
// manifest itself can be signed: manifest.sig beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace marquee {

class TrustedKeys;

struct FileEntry {
  std::string path;  // relative to the folder, with '/'
  uint64_t size = 0;
  std::string sha256;
};

// What an artefact was made from: sha256 is the id of that artefact.
struct Source {
  std::string kind;
  std::string name;
  std::string sha256;
};

struct Manifest {
  std::filesystem::path folder;  // that it describes
  std::string kind;              // "synth", "dataset", "run", "checkpoint", "bundle", "report"
  int schema = 0;
  std::string version;  // of the program that wrote it
  std::vector<Source> sources;
  Json facts;  // what `marquee inspect` shows without opening the files
  std::vector<FileEntry> files;
  std::string sha256;  // the artefact's id: the hash of manifest.json as it is on disk

  // A fact; Error (artefact) if it is missing or of another type.
  template <typename T>
  T fact(const char* name) const {
    try {
      return facts.at(name).get<T>();
    } catch (const Json::exception& e) {
      throw facts_error(name, e);
    }
  }

  bool lists(std::string_view path) const;

 private:
  Error facts_error(const char* name, const Json::exception& reason) const;
};

// The newest schema that this program reads and the one that it writes, for every kind.
inline constexpr int kSchema = 1;

// Holds an exclusive lock on `file` until destroyed, then removes it if it still exists; Error if
// another process has it, saying that `what` is being written.
class FileLock {
 public:
  FileLock(std::filesystem::path file, const std::string& what);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::filesystem::path file_;
  int fd_;
};

// Builds a folder beside `out` and makes it appear there at commit(). One process at a time may
// write one output; what a killed process left behind is removed by the next one.
class ArtefactWriter {
 public:
  // Throws Error if `out` exists (and overwrite is false, or it is no artefact), if its parent
  // cannot be written, or if another process is writing it.
  ArtefactWriter(std::filesystem::path out, std::string kind, bool overwrite = false);
  ~ArtefactWriter();  // removes what was not committed
  ArtefactWriter(const ArtefactWriter&) = delete;
  ArtefactWriter& operator=(const ArtefactWriter&) = delete;

  const std::filesystem::path& folder() const { return aside_; }  // write the files in here

  // Hashes every file, writes the manifest, syncs, renames. Returns the manifest.
  Manifest commit(Json facts, std::vector<Source> sources);

 private:
  std::filesystem::path out_;
  std::filesystem::path aside_;
  std::string kind_;
  std::unique_ptr<FileLock> lock_;
  bool committed_ = false;
};

// Refuses an output that ArtefactWriter would refuse, before hours are spent on what goes into it.
void check_output(const std::filesystem::path& out, bool overwrite);

// Writes manifest.json for the files in `folder` except hidden ones, and syncs all of it. For
// folders that are built in place, such as a run.
Manifest write_manifest(const std::filesystem::path& folder, const std::string& kind, Json facts,
                        std::vector<Source> sources);

// Reads and checks the manifest alone. Throws Error (artefact) that says what is wrong: no such
// folder, not an artefact, another kind (naming the command that makes the right one), made by a
// newer schema. With keys also, before it is parsed, if none of them signed it.
Manifest read_manifest(const std::filesystem::path& folder, const TrustedKeys* trusted = nullptr);
Manifest read_manifest(const std::filesystem::path& folder, std::string_view kind,
                       const TrustedKeys* trusted = nullptr);

// A file of the artefact, after its own hash has been checked; others are not looked at. Throws
// Error (artefact) if it is damaged or not listed.
std::string read_verified(const Manifest& manifest, std::string_view path);

// Signs an existing manifest; an existing signature is replaced.
void sign_manifest(const std::filesystem::path& folder, const std::filesystem::path& private_key);
bool is_signed(const std::filesystem::path& folder);

// An artefact whose files have been verified. Files that its manifest does not list are not
// verified, so files are opened only through file().
class Artefact {
 public:
  // Reads the manifest, then checks size and hash of every file; reports all that are damaged or
  // missing in one Error (artefact).
  explicit Artefact(const std::filesystem::path& folder) : Artefact(read_manifest(folder)) {}
  Artefact(const std::filesystem::path& folder, std::string_view kind,
           const TrustedKeys* trusted = nullptr)
      : Artefact(read_manifest(folder, kind, trusted)) {}
  explicit Artefact(Manifest manifest);

  const Manifest& manifest() const { return manifest_; }

  // Where the file is; Error (artefact) if the manifest does not list it.
  std::filesystem::path file(std::string_view path) const;

 private:
  Manifest manifest_;
};

}  // namespace marquee
