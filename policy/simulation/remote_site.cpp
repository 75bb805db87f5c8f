#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "data/events.h"
#include "policy/simulation/site.h"

namespace marquee::policy {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

constexpr size_t kIdDigits = 8;
constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kTries = 10;  // of a request to a server that is full
constexpr auto kPause = std::chrono::seconds(1);
constexpr size_t kMostBytes = 16 << 20;  // of an answer

// "http://HOST[:PORT]"
struct Address {
  std::string host, port = "80";

  explicit Address(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url;
    if (!rest.starts_with(kScheme)) throw bad(url);
    rest.remove_prefix(kScheme.size());
    while (rest.ends_with('/')) rest.remove_suffix(1);
    const size_t colon = rest.find(':');
    host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
    const bool digits = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    if (host.empty() || port.empty() || !digits || rest.find('/') != std::string_view::npos) {
      throw bad(url);
    }
  }

  static Error bad(const std::string& url) {
    return Error(cat("server: must be http://HOST:PORT, not ", in_quotes(url)));
  }
};

struct Reply {
  int status = 0;
  std::string body;
};

// A connection that stays open from request to request.
class Connection {
 public:
  Connection(const Address& address, std::string key)
      : address_(address), key_(std::move(key)), stream_(context_) {
    stream_.expires_after(kPatience);
    stream_.connect(tcp::resolver(context_).resolve(address.host, address.port));
  }

  Reply call(http::verb verb, const std::string& path, std::string body) {
    http::request<http::string_body> request{verb, path, 11};
    request.set(http::field::host, address_.host);
    if (!key_.empty()) request.set(http::field::authorization, "Bearer " + key_);
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = std::move(body);
    request.prepare_payload();
    stream_.expires_after(kPatience);
    http::write(stream_, request);
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBytes);
    http::read(stream_, buffer_, parser);
    open_ = parser.get().keep_alive();
    return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
  }

  bool open() const { return open_; }

 private:
  const Address& address_;
  const std::string key_;
  boost::asio::io_context context_{1};
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  bool open_ = true;
};

Json event_json(const serving::UserEvent& event) {
  Json json = {{"event_id", event.event_id},
               {"user_id", event.user_id},
               {"title_id", event.item.title_id},
               {"timestamp", event.item.timestamp.value()},
               {"event", std::string(data::name(event.item.event))}};
  if (!std::isnan(event.item.value)) json["value"] = event.item.value;
  if (!event.request_id.empty()) json["request_id"] = event.request_id;
  return json;
}

class RemoteSite : public Site {
 public:
  RemoteSite(const configs::ArmConfig& arm, const SiteSetting& setting)
      : url_(arm.server), address_(arm.server), population_(setting.population) {
    if (!arm.server_key.empty()) key_ = trim(read_file(setting.base / arm.server_key));
    const Json model = parse_json(call(http::verb::get, "/v1/model", ""), url_ + "/v1/model");
    log::info(cat(url_, " serves ", model.value("name", "?"), "@",
                  model.value("sha256", "?").substr(0, kIdDigits)));
  }

  std::vector<serving::PageAnswer> pages(std::vector<serving::PageCall> calls) override {
    std::vector<serving::PageAnswer> answers;
    for (const serving::PageCall& each : calls) {
      const auto& request = each.request;
      Json body = {{"user_id", *request.user_id}, {"at", *request.at}};
      if (!request.filters.region.empty()) body["filters"] = {{"region", request.filters.region}};
      answers.push_back(page_of(call(http::verb::post, "/v1/page", body.dump())));
      // Where the server logs nothing, an event need not name a page, but has to come from one.
      if (answers.back().request_id.empty()) answers.back().request_id = each.request_id;
    }
    return answers;
  }

  void add_history(const std::vector<serving::UserEvent>& events) override { send(events); }
  void record(const std::vector<serving::UserEvent>& events, int64_t) override { send(events); }
  void end_day(int64_t) override {}  // a server learns by its own clock

  std::optional<Error> change(const std::vector<CatalogueChange>& changes) override {
    if (changes.empty()) return std::nullopt;
    return Error(cat(url_, ": titles come and go where a bundle is served in this process alone"));
  }

  void stop() override {}

 private:
  void send(const std::vector<serving::UserEvent>& events) {
    for (size_t begin = 0; begin < events.size(); begin += serving::kMaxEvents) {
      const size_t end = std::min(events.size(), begin + serving::kMaxEvents);
      Json body = Json::array();
      for (size_t i = begin; i < end; ++i) body.push_back(event_json(events[i]));
      call(http::verb::post, "/v1/events", body.dump());
    }
  }

  serving::PageAnswer page_of(const std::string& body) const {
    const Json json = parse_json(body, url_ + "/v1/page");
    serving::PageAnswer page;
    try {
      page.request_id = json.value("request_id", "");
      for (const Json& row : json.at("rows")) {
        serving::PageRow& of = page.rows.emplace_back();
        of.kind = serving::row_kind(row.at("kind").get<std::string>()).value_or(of.kind);
        for (const Json& item : row.at("items")) {
          const std::string id = item.at("title_id");
          of.items.emplace_back().title_id = id;
          if (population_.title_index(id) >= 0) continue;
          throw Error(cat(url_, ": its title ", in_quotes(id),
                          " is none of the simulated world's; serve a bundle that was trained on "
                          "the data of that world"));
        }
      }
    } catch (const Json::exception& error) {
      throw Error(cat(url_, ": answers no page: ", json_reason(error)), ErrorKind::kSystem);
    }
    return page;
  }

  // The answer's body. Waits while the server is full.
  std::string call(http::verb verb, const std::string& path, const std::string& body) {
    for (int tried = 1;; ++tried) {
      const Reply reply = call_once(verb, path, body);
      if (reply.status == 200) return reply.body;
      const bool full = reply.status == 503 || reply.status == 429 || reply.status == 504;
      if (!full || tried == kTries) {
        throw Error(cat(url_, path, ": answered ", reply.status, ": ", reply.body.substr(0, 500)),
                    full ? ErrorKind::kSystem : ErrorKind::kInput);
      }
      throw_if_interrupted();
      std::this_thread::sleep_for(kPause);
    }
  }

  Reply call_once(http::verb verb, const std::string& path, const std::string& body) {
    try {
      std::unique_ptr<Connection> connection = idle_connection();
      if (!connection) connection = std::make_unique<Connection>(address_, key_);
      Reply reply = connection->call(verb, path, body);
      const std::lock_guard lock(mutex_);
      if (connection->open()) idle_.push_back(std::move(connection));
      return reply;
    } catch (const boost::system::system_error& error) {
      throw system_error(cat(url_, path, ": ", error.code().message()));
    }
  }

  std::unique_ptr<Connection> idle_connection() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  const std::string url_;
  const Address address_;
  const Population& population_;
  std::string key_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace

std::unique_ptr<Site> make_remote_site(const configs::ArmConfig& arm, const SiteSetting& setting) {
  return std::make_unique<RemoteSite>(arm, setting);
}

}  // namespace marquee::policy
