#include "serving/http/http.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::serving {

std::string_view HttpRequest::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

bool HttpRequest::has_field(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](auto& field) { return field.first == name; });
}

void HttpReply::operator()(HttpResponse response) const {
  if (state_ && !state_->answered.exchange(true)) state_->send(std::move(response));
}

HttpResponse error_response(int status, std::string_view text) {
  return {.status = status,
          .body = Json{{"error", text}}.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

HttpResponse error_response(const Error& error) {
  if (error.kind() == ErrorKind::kInput) return error_response(400, error.what());
  return failure_response(error.what());
}

HttpResponse failure_response(std::string_view what) {
  static std::atomic<uint32_t> next = std::random_device{}();
  const std::string id = std::to_string(next++);
  log::error(cat("failure ", id, ": ", what));
  return error_response(500, cat("the server failed to answer; its log says more of failure ", id));
}

HttpResponse unavailable_response(std::string_view text) {
  static std::atomic<uint32_t> turn = 0;
  constexpr uint32_t kMostSeconds = 3;
  HttpResponse response = error_response(503, text);
  response.fields.emplace_back("Retry-After", std::to_string(1 + turn++ % kMostSeconds));
  return response;
}

std::string percent_decoded(std::string_view text, bool in_query) {
  return marquee::percent_decoded(text, "the address", in_query);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += cat('%', kHex[byte >> 4], kHex[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace marquee::serving
