// Open-loop load on a server: requests are due at fixed moments whether or not earlier ones have
// been answered, and latency counts from the moment a request was due, so that a server that falls
// behind cannot hide it (no coordinated omission).
//
//   load PORT PATH RATE SECONDS CONNECTIONS BODIES
//
// BODIES is a file with a request's body a line; they are sent in turn as JSON. What is due in the
// first second is not counted. Prints one JSON object: the rate asked, the rate of full answers
// that came before the end, percentiles of the latency of full answers in milliseconds (p99_server:
// from the moment a request was sent, without what it waited for a connection), and how many
// answers were 200, 200 and degraded, 503, 504, anything else, or none. Connections come from
// several addresses of this machine, as the server allows only so many of each.
#include <utility>  // clang-format off: Boost 1.74 needs it and forgets it
// clang-format on
#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Code = beast::error_code;

struct Options {
  uint16_t port;
  std::string path;
  double rate, seconds;
  int connections;
};

class Client;

class Load {
 public:
  Load(const Options& options, std::vector<std::string> bodies)
      : options_(options), bodies_(std::move(bodies)), timer_(context_), start_(Clock::now()) {}

  void run();
  void next_for(Client* client);
  void answered(Clock::time_point due, Clock::time_point sent, const std::string& outcome);
  const std::string& body() { return bodies_[next_body_++ % bodies_.size()]; }
  const Options& options() const { return options_; }
  asio::io_context& context() { return context_; }

 private:
  void schedule();
  void print();
  Clock::time_point due(int64_t request) const {
    return start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                        static_cast<double>(request) / options_.rate));
  }

  Clock::time_point end() const {
    return due(static_cast<int64_t>(options_.rate * options_.seconds));
  }

  const Options options_;
  const std::vector<std::string> bodies_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  const Clock::time_point start_;
  size_t next_body_ = 0;
  int64_t scheduled_ = 0;
  std::deque<Clock::time_point> waiting_;
  std::vector<Client*> idle_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<double> latencies_, in_server_;  // ms
  int64_t in_time_ = 0, in_any_form_ = 0;
  std::map<std::string, int64_t> outcomes_;
};

// One connection with one request at a time on it.
class Client {
 public:
  Client(Load& load, uint32_t address) : load_(load), address_(address) { connect(); }

  void send(Clock::time_point due) {
    due_ = due;
    sent_ = Clock::now();
    if (!connected_) {
      connect();
      if (!connected_) return finish("no answer");
    }
    request_ = {http::verb::post, load_.options().path, 11};
    request_.set(http::field::host, "127.0.0.1");
    request_.set(http::field::content_type, "application/json");
    request_.body() = load_.body();
    request_.prepare_payload();
    http::async_write(*stream_, request_, [this](Code error, size_t) {
      if (error) return lost();
      response_ = {};
      http::async_read(*stream_, buffer_, response_, [this](Code failed, size_t) {
        if (failed) return lost();
        connected_ = response_.keep_alive();
        const bool degraded = response_.body().find("\"degraded\":true") != std::string::npos;
        finish(degraded ? "degraded" : std::to_string(response_.result_int()));
      });
    });
  }

 private:
  void connect() {
    Code error;
    stream_.emplace(load_.context());
    stream_->socket().open(tcp::v4(), error);
    stream_->socket().bind({asio::ip::address_v4(0x7f000001U + address_), 0}, error);
    stream_->socket().connect({asio::ip::address_v4::loopback(), load_.options().port}, error);
    connected_ = !error;
    if (connected_) stream_->socket().set_option(tcp::no_delay(true), error);
    buffer_.clear();
  }

  void lost() {
    connected_ = false;
    finish("no answer");
  }

  void finish(const std::string& outcome) {
    load_.answered(due_, sent_, outcome);
    load_.next_for(this);
  }

  Load& load_;
  const uint32_t address_;  // 127.0.0.1 and so many
  std::optional<beast::tcp_stream> stream_;
  bool connected_ = false;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  Clock::time_point due_, sent_;
};

void Load::run() {
  for (int i = 0; i < options_.connections; ++i) {
    clients_.push_back(std::make_unique<Client>(*this, static_cast<uint32_t>(i / 200)));
    idle_.push_back(clients_.back().get());
  }
  schedule();
  context_.run_until(start_ + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(options_.seconds + 5)));
  print();
}

// Puts all requests that are due on idle connections, or into the line.
void Load::schedule() {
  const auto now = Clock::now();
  while (due(scheduled_) <= now &&
         static_cast<double>(scheduled_) < options_.rate * options_.seconds) {
    waiting_.push_back(due(scheduled_++));
  }
  while (!waiting_.empty() && !idle_.empty()) {
    Client* client = idle_.back();
    idle_.pop_back();
    const auto when = waiting_.front();
    waiting_.pop_front();
    client->send(when);
  }
  if (static_cast<double>(scheduled_) >= options_.rate * options_.seconds) return;
  timer_.expires_at(due(scheduled_));
  timer_.async_wait([this](Code error) {
    if (!error) schedule();
  });
}

void Load::next_for(Client* client) {
  if (waiting_.empty()) {
    idle_.push_back(client);
    return;
  }
  const auto when = waiting_.front();
  waiting_.pop_front();
  asio::post(context_, [client, when] { client->send(when); });
}

void Load::answered(Clock::time_point due_at, Clock::time_point sent, const std::string& outcome) {
  if (due_at < start_ + std::chrono::seconds(1)) return;
  const auto now = Clock::now();
  ++outcomes_[outcome];
  if (outcome == "200" || outcome == "degraded") in_any_form_ += now <= end();
  if (outcome != "200") return;
  const auto milliseconds = [now](Clock::time_point since) {
    return std::chrono::duration<double, std::milli>(now - since).count();
  };
  in_server_.push_back(milliseconds(sent));
  latencies_.push_back(milliseconds(due_at));
  in_time_ += now <= end();
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

void Load::print() {
  std::printf(
      "{\"rate\":%.0f,\"answered\":%.1f,\"in_any_form\":%.1f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%."
      "3f,\"p999\":%.3f,\"p99_server\":%.3f",
      options_.rate, static_cast<double>(in_time_) / (options_.seconds - 1),
      static_cast<double>(in_any_form_) / (options_.seconds - 1), percentile(latencies_, .5),
      percentile(latencies_, .9), percentile(latencies_, .99), percentile(latencies_, .999),
      percentile(in_server_, .99));
  for (const auto& [outcome, count] : outcomes_) {
    std::printf(",\"%s\":%lld", outcome.c_str(), static_cast<long long>(count));
  }
  std::printf(",\"unsent\":%zu}\n", waiting_.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "load PORT PATH RATE SECONDS CONNECTIONS BODIES\n");
    return 2;
  }
  std::vector<std::string> bodies;
  std::ifstream file(argv[6]);
  for (std::string line; std::getline(file, line);) bodies.push_back(line);
  if (bodies.empty()) {
    std::fprintf(stderr, "%s holds no bodies\n", argv[6]);
    return 2;
  }
  Load({static_cast<uint16_t>(std::atoi(argv[1])), argv[2], std::atof(argv[3]), std::atof(argv[4]),
        std::atoi(argv[5])},
       std::move(bodies))
      .run();
}
