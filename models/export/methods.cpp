#include "models/export/methods.h"

namespace marquee::models {

std::string filled(std::string_view source, const std::map<std::string, std::string>& texts) {
  std::string result;
  for (;;) {
    const size_t begin = source.find('{'), end = source.find('}', begin);
    result += source.substr(0, begin);
    if (end == std::string_view::npos) return result;
    result += texts.at(std::string(source.substr(begin + 1, end - begin - 1)));
    source.remove_prefix(end + 1);
  }
}

std::map<std::string, std::string> user_texts(bool knows_users) {
  if (!knows_users) return {{"takes_user", ""}, {"user", ""}};
  return {{"takes_user", ", user: Optional[Tensor] = None"}, {"user", ", user"}};
}

}  // namespace marquee::models
