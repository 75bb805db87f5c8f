#include "serving/store/keyed_ids.h"

#include "core/secret.h"
#include "inference/json_writer.h"

namespace marquee::serving {

namespace {

constexpr size_t kHashDigits = 32;  // of a hash

}  // namespace

KeyedIds KeyedIds::of(const std::filesystem::path& folder, const std::string& user_ids) {
  return KeyedIds(user_ids == "plain" ? "" : secret_in(folder / "key"));
}

std::string KeyedIds::operator()(const std::string& id) const {
  return key_.empty() ? id : keyed_hash(key_, id).substr(0, kHashDigits);
}

std::vector<std::string> ids_in_log(const std::filesystem::path& folder,
                                    const std::string& user_id) {
  std::vector<std::string> ids = {user_id};
  if (std::filesystem::exists(folder / "key"))
    ids.push_back(KeyedIds::of(folder, "keyed")(user_id));
  return ids;
}

std::vector<std::string> marks_of(const std::vector<std::string>& ids) {
  std::vector<std::string> marks;
  for (const std::string& id : ids) {
    marks.emplace_back("\"user\":");
    inference::append_text(marks.back(), id);
  }
  return marks;
}

}  // namespace marquee::serving
