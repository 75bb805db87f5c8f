// Bodies of requests and other text of a client that is parsed before anything is answered: each is
// accepted or refused with an Error, nothing else happens.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "inference/request.h"
#include "inference/title_edits.h"
#include "serving/api/open_inference.h"
#include "serving/http/head.h"
#include "serving/http/http.h"
#include "serving/pages/page_answer.h"
#include "serving/store/user_event.h"

namespace marquee {
namespace {

// A stored history is read back unchanged.
void check_history(const std::vector<inference::HistoryItem>& history) {
  const std::string stored = serving::user_json("m", false, history);
  const auto begin = stored.find("\"history\"");
  const auto again = inference::parse_request("{" + stored.substr(begin));
  if (again.history.size() != history.size()) std::abort();
}

serving::HttpRequest infer_request(std::string_view text) {
  const size_t line = text.find('\n');
  serving::HttpRequest request;
  if (line != std::string_view::npos && line > 0) {
    request.fields = {{"inference-header-content-length", std::string(text.substr(0, line))}};
  }
  request.body = text.substr(line == std::string_view::npos ? 0 : line + 1);
  return request;
}

void read(uint8_t kind, std::string_view text) {
  switch (kind % 8) {
    case 0:
      return check_history(inference::parse_request(text).history);
    case 1:
      serving::parse_page_request(text);
      return;
    case 2:
      inference::parse_predict_request(text);
      return;
    case 3:
      serving::parse_events(text, 1'000);
      return;
    case 4:
      inference::parse_title(text, "t");
      return;
    case 5:
      serving::open_inference::parse(infer_request(text));
      return;
    case 6:
      serving::percent_decoded(text, true);
      serving::percent_decoded(text, false);
      inference::request_id(text);
      return;
    default:
      serving::head_end(text);
  }
}

}  // namespace
}  // namespace marquee

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // A copy, so that a sanitizer notices reads beyond its end.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    marquee::read(data[0], text);
  } catch (const marquee::Error&) {
  } catch (const marquee::serving::BadRequest&) {
  }
  return 0;
}
