// Bodies of requests, and what else of a client's text is read before anything is answered: each
// is taken or refused with an Error, nothing else happens.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "inference/catalogue_edits.h"
#include "inference/request.h"
#include "inference/server/http.h"
#include "inference/server/http_head.h"
#include "inference/server/open_inference.h"

namespace marquee {
namespace {

// What was stored is read again as it was.
void check_history(const std::vector<inference::HistoryItem>& history) {
  const std::string stored = inference::to_json("m", history);
  const auto begin = stored.find("\"history\"");
  const auto again = inference::parse_request("{" + stored.substr(begin));
  if (again.history.size() != history.size()) std::abort();
}

server::HttpRequest infer_request(std::string_view text) {
  const size_t line = text.find('\n');
  server::HttpRequest request;
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
      inference::parse_page_request(text);
      return;
    case 2:
      inference::parse_predict_request(text);
      return;
    case 3:
      inference::parse_events(text, 1'000);
      return;
    case 4:
      inference::parse_title(text, "t");
      return;
    case 5:
      server::open_inference::parse(infer_request(text));
      return;
    case 6:
      server::percent_decoded(text, true);
      server::percent_decoded(text, false);
      inference::request_id(text);
      return;
    default:
      server::head_end(text, {});
  }
}

}  // namespace
}  // namespace marquee

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Read at its end by whoever goes one byte too far.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    marquee::read(data[0], text);
  } catch (const marquee::Error&) {
  } catch (const marquee::server::BadRequest&) {
  }
  return 0;
}
