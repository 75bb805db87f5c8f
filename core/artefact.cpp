#include "core/artefact.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/signature.h"
#include "core/text.h"
#include "core/threads.h"
#include "core/version.h"

namespace marquee {

namespace fs = std::filesystem;

namespace {

constexpr const char* kManifestFile = "manifest.json";
constexpr const char* kSignatureFile = "manifest.sig";

std::string command_that_makes(std::string_view kind) {
  if (kind == "dataset") return "marquee ingest";
  if (kind == "run") return "marquee train";
  if (kind == "bundle") return "marquee export";
  if (kind == "policy") return "marquee policy train";
  if (kind == "report") return "marquee evaluate";
  return "marquee synth";
}

// Hidden files are locks and what a killed process was writing: no part of an artefact.
bool is_hidden(const fs::path& path) {
  return std::any_of(path.begin(), path.end(),
                     [](const fs::path& part) { return part.string().starts_with('.'); });
}

std::vector<FileEntry> hash_files(const fs::path& folder) {
  std::vector<FileEntry> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = fs::relative(entry.path(), folder).generic_string();
    if (entry.is_regular_file() && path != kManifestFile && path != kSignatureFile &&
        !is_hidden(path)) {
      files.push_back({path, entry.file_size(), ""});
    }
  }
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  parallel_for(static_cast<int64_t>(files.size()), 1, [&](int64_t i, int64_t) {
    auto& file = files[static_cast<size_t>(i)];
    file.sha256 = sha256_file(folder / file.path);
    sync_path(folder / file.path);
  });
  return files;
}

Json to_json(const Manifest& manifest) {
  Json sources = Json::array();
  for (const auto& s : manifest.sources) {
    sources.push_back({{"kind", s.kind}, {"name", s.name}, {"sha256", s.sha256}});
  }
  Json files = Json::array();
  for (const auto& f : manifest.files) {
    files.push_back({{"path", f.path}, {"size", f.size}, {"sha256", f.sha256}});
  }
  return {{"kind", manifest.kind}, {"schema", manifest.schema}, {"version", manifest.version},
          {"sources", sources},    {"facts", manifest.facts},   {"files", files}};
}

// The library turns 1.5 into 1 and loops over null as over an empty list.
void check_shape(const Json& json, const std::string& where) {
  const auto check = [&](bool fits, const char* what) {
    if (!fits) throw artefact_error(cat(where, "/manifest.json is damaged: ", what));
  };
  check(json.is_object(), "it must be an object");
  check(json.at("schema").is_number_integer(), "schema must be a whole number");
  check(json.at("sources").is_array(), "sources must be a list");
  check(json.at("facts").is_object(), "facts must be an object");
  check(json.at("files").is_array(), "files must be a list");
}

Manifest from_json(const Json& json) {
  Manifest manifest;
  manifest.kind = json.at("kind").get<std::string>();
  manifest.schema = json.at("schema").get<int>();
  manifest.version = json.at("version").get<std::string>();
  for (const auto& s : json.at("sources")) {
    manifest.sources.push_back({s.at("kind"), s.at("name"), s.at("sha256")});
  }
  manifest.facts = json.at("facts");
  for (const auto& f : json.at("files")) {
    manifest.files.push_back({f.at("path"), f.at("size"), f.at("sha256")});
  }
  return manifest;
}

// A manifest may only name files inside its folder.
bool stays_inside(const std::string& path) {
  const fs::path relative(path);
  return !path.empty() && relative.is_relative() &&
         std::none_of(relative.begin(), relative.end(), [](auto& part) { return part == ".."; });
}

void check_replaceable(const fs::path& out, bool overwrite) {
  if (!fs::exists(fs::symlink_status(out))) return;
  if (!overwrite) {
    throw Error(cat("--out ", out.string(), " exists already; name another or give --overwrite"));
  }
  const bool replaceable =
      fs::is_directory(out) && (fs::is_empty(out) || fs::exists(out / kManifestFile));
  if (!replaceable) {
    throw Error(cat("--out ", out.string(),
                    " is not an artefact of Marquee, so --overwrite leaves ",
                    "it alone; remove it yourself or name another"));
  }
}

// What is wrong with the file, or "".
std::string damage(const fs::path& folder, const FileEntry& file) {
  const fs::path path = folder / file.path;
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return path.string() + " is missing";
  if (size != file.size) {
    return cat(path.string(), " has ", size, " bytes where its manifest says ", file.size);
  }
  if (sha256_file(path) != file.sha256) {
    return path.string() + " is damaged: its SHA-256 does not match";
  }
  return "";
}

void require_signature(const fs::path& folder, const std::string& manifest,
                       const TrustedKeys& trusted) {
  const fs::path file = folder / kSignatureFile;
  if (!is_signed(folder)) {
    throw artefact_error(cat(folder.string(), " is not signed: it has no ", kSignatureFile,
                             "; `marquee sign` makes one"));
  }
  if (fs::file_size(file) == kSignatureBytes && trusted.verify(manifest, read_file(file))) return;
  throw artefact_error(cat(folder.string(), " was changed after it was signed, or signed with ",
                           "none of the ", trusted.size(), " trusted keys"));
}

// Whether `file` still names the opened file.
bool names_this_file(const fs::path& file, int descriptor) {
  struct stat opened {
  }, named{};
  return fstat(descriptor, &opened) == 0 && stat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(fs::path file, const std::string& what) : file_(std::move(file)), fd_(-1) {
  for (;;) {
    fd_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) throw errno_error("cannot write " + file_.string());
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      close(fd_);
      throw Error("another process is writing " + what + "; wait for it, or name another place");
    }
    // The previous holder may have removed the file that we opened: then the lock has no effect.
    if (names_this_file(file_, fd_)) return;
    close(fd_);
  }
}

FileLock::~FileLock() {
  if (names_this_file(file_, fd_)) unlink(file_.c_str());
  close(fd_);
}

ArtefactWriter::ArtefactWriter(fs::path out, std::string kind, bool overwrite)
    : out_(fs::absolute(out).lexically_normal()), kind_(std::move(kind)) {
  if (!out_.has_filename()) out_ = out_.parent_path();
  check_replaceable(out_, overwrite);
  const fs::path parent = out_.parent_path();
  std::error_code code;
  fs::create_directories(parent, code);
  if (code) throw system_error(cat("cannot create ", parent.string(), ": ", code.message()));
  const std::string name = out_.filename().string();
  lock_ = std::make_unique<FileLock>(parent / ("." + name + ".lock"), out_.string());
  check_replaceable(out_, overwrite);  // another process may have made it before we had the lock
  aside_ = parent / ("." + name + ".tmp");
  fs::remove_all(aside_);
  fs::create_directory(aside_, code);
  if (code) throw system_error(cat("cannot create ", aside_.string(), ": ", code.message()));
}

void check_output(const fs::path& out, bool overwrite) { ArtefactWriter(out, "", overwrite); }

ArtefactWriter::~ArtefactWriter() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(aside_, ignored);
}

Manifest ArtefactWriter::commit(Json facts, std::vector<Source> sources) {
  Manifest manifest = write_manifest(aside_, kind_, std::move(facts), std::move(sources));
  if (fs::exists(out_)) {
    // Swapped in one step: at every moment either the old folder or the new one is there.
    if (renameat2(AT_FDCWD, aside_.c_str(), AT_FDCWD, out_.c_str(), RENAME_EXCHANGE) != 0) {
      throw errno_error("cannot replace " + out_.string());
    }
    fs::remove_all(aside_);
  } else {
    fs::rename(aside_, out_);
  }
  committed_ = true;
  sync_path(out_.parent_path());
  return manifest;
}

Manifest write_manifest(const fs::path& folder, const std::string& kind, Json facts,
                        std::vector<Source> sources) {
  Manifest manifest{folder, kind, kSchema, kVersion, std::move(sources), std::move(facts), {}, ""};
  manifest.files = hash_files(folder);
  const std::string text = to_json(manifest).dump(1) + "\n";
  write_file_atomically(folder / kManifestFile, text);
  manifest.sha256 = sha256_hex(text);
  return manifest;
}

std::string read_verified(const Manifest& manifest, std::string_view path) {
  const auto entry = std::ranges::find(manifest.files, path, &FileEntry::path);
  if (entry == manifest.files.end()) {
    throw artefact_error(cat(manifest.folder.string(), " does not list ", path));
  }
  std::string text;
  const fs::path file = manifest.folder / entry->path;
  if (fs::exists(file) && fs::file_size(file) == entry->size) text = read_file(file);
  if (text.size() != entry->size || sha256_hex(text) != entry->sha256) {
    throw artefact_error(file.string() + " is missing or damaged: its SHA-256 does not match");
  }
  return text;
}

void sign_manifest(const fs::path& folder, const fs::path& private_key) {
  const std::string signature = sign(read_file(folder / kManifestFile), private_key);
  write_file_atomically(folder / kSignatureFile, signature);
}

bool is_signed(const fs::path& folder) { return fs::is_regular_file(folder / kSignatureFile); }

Manifest read_manifest(const fs::path& folder, const TrustedKeys* trusted) {
  const std::string where = folder.string();
  if (!fs::exists(folder)) throw Error("there is no " + where);
  if (!fs::is_regular_file(folder / kManifestFile)) {
    throw artefact_error(where + " is not an artefact of Marquee: it has no manifest.json");
  }
  const std::string text = read_file(folder / kManifestFile);
  if (trusted != nullptr) require_signature(folder, text, *trusted);
  Manifest manifest;
  try {
    const Json json = parse_json(text, where + "/manifest.json");
    check_shape(json, where);
    if (json.at("schema").get<int64_t>() > kSchema) {
      throw artefact_error(cat(where, " has schema ", json.at("schema").get<int64_t>(),
                               ", this program reads up to ", kSchema, "; update marquee"));
    }
    manifest = from_json(json);
  } catch (const Json::exception& e) {
    throw artefact_error(cat(where, "/manifest.json is damaged: ", json_reason(e)));
  }
  for (const auto& file : manifest.files) {
    if (!stays_inside(file.path)) {
      throw artefact_error(cat(where, "/manifest.json names a file outside it: ", file.path));
    }
  }
  manifest.folder = folder;
  manifest.sha256 = sha256_hex(text);
  return manifest;
}

Manifest read_manifest(const fs::path& folder, std::string_view kind, const TrustedKeys* trusted) {
  Manifest manifest = read_manifest(folder, trusted);
  if (manifest.kind != kind) {
    throw artefact_error(cat(folder.string(), " is a ", manifest.kind, ", not a ", kind, "; `",
                             command_that_makes(kind), "` makes one"));
  }
  return manifest;
}

Error Manifest::facts_error(const char* name, const Json::exception& reason) const {
  return artefact_error(cat((folder / kManifestFile).string(), ": the fact ", in_quotes(name),
                            " cannot be used: ", json_reason(reason), "; make the ", kind,
                            " again with `", command_that_makes(kind), "`"));
}

bool Manifest::lists(std::string_view path) const {
  return std::any_of(files.begin(), files.end(),
                     [path](const FileEntry& file) { return file.path == path; });
}

Artefact::Artefact(Manifest manifest) : manifest_(std::move(manifest)) {
  std::vector<std::string> findings(manifest_.files.size());
  parallel_for(static_cast<int64_t>(findings.size()), 1, [&](int64_t i, int64_t) {
    findings[static_cast<size_t>(i)] =
        damage(manifest_.folder, manifest_.files[static_cast<size_t>(i)]);
  });
  std::erase_if(findings, [](const auto& finding) { return finding.empty(); });
  if (!findings.empty()) {
    throw artefact_error(join(findings, "\n") + "\nmake it again with `" +
                         command_that_makes(manifest_.kind) + "`");
  }
}

fs::path Artefact::file(std::string_view path) const {
  if (!manifest_.lists(path)) {
    throw artefact_error(cat((manifest_.folder / kManifestFile).string(), " does not list ", path,
                             "; make the ", manifest_.kind, " again with `",
                             command_that_makes(manifest_.kind), "`"));
  }
  return manifest_.folder / path;
}

}  // namespace marquee
