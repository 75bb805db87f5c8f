// Open-loop load on a server: requests are due at fixed times whether or not earlier ones have been
// answered, and latency counts from the time a request was due, so that a server that falls behind
// cannot hide it (no coordinated omission).
//
//   load PORT PATH RATE SECONDS CONNECTIONS BODIES
//
// BODIES is a file with a request's body a line; they are sent in turn as JSON. What is due in the
// first second is not counted. Prints one JSON object: the requested rate, the rate of full answers
// that came before the end, percentiles of the latency of full answers in milliseconds (p99_server:
// from the time a request was sent, without its wait for a connection), and how many
// answers were 200, 200 and degraded, 503, 504, anything else, or none. Connections come from
// several addresses of this machine, because the server limits the number for each.
#include <utility>  // clang-format off: Boost 1.74 needs it and forgets it
// clang-format on
#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Code = boost::system::error_code;

struct Options {
  uint16_t port;
  std::string path;
  double rate, seconds;
  int connections;
};

class Client;

class Load {
 public:
  Load(const Options& options, std::vector<std::string> requests)
      : options_(options), requests_(std::move(requests)), timer_(context_), start_(Clock::now()) {}

  void run();
  void next_for(Client* client);
  void answered(Clock::time_point due, Clock::time_point sent, const std::string& result);
  const std::string& request() { return requests_[next_request_++ % requests_.size()]; }
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
  const std::vector<std::string> requests_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  const Clock::time_point start_;
  size_t next_request_ = 0;
  int64_t scheduled_ = 0;
  std::deque<Clock::time_point> waiting_;
  std::vector<Client*> idle_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<double> latencies_, in_server_;  // ms
  int64_t in_time_ = 0, in_any_form_ = 0;
  std::map<std::string, int64_t> results_;
};

// One connection with one request at a time on it. It costs as little as it can, since it shares
// the processor with what it measures: requests are bytes made beforehand, and of an answer only
// the length, the status and the end of the body are read.
class Client {
 public:
  Client(Load& load, uint32_t address) : load_(load), address_(address) {
    connect();
    sent_ = Clock::now();
  }

  void send(Clock::time_point due) {
    due_ = due;
    // As clients do: a server may close connections that have been idle for long.
    constexpr auto kKeptIdle = std::chrono::seconds(30);
    const auto now = Clock::now();
    if (!socket_ || now - sent_ > kKeptIdle) connect();
    sent_ = now;
    if (!socket_) return finish("no answer");
    got_.clear();
    asio::async_write(*socket_, asio::buffer(load_.request()),
                      [this](Code error, size_t) { error ? lost() : receive(); });
  }

 private:
  void connect() {
    Code error;
    socket_.emplace(load_.context());
    socket_->open(tcp::v4(), error);
    socket_->bind({asio::ip::address_v4(0x7f000001U + address_), 0}, error);
    socket_->connect({asio::ip::address_v4::loopback(), load_.options().port}, error);
    if (!error) socket_->set_option(tcp::no_delay(true), error);
    if (error) socket_.reset();
  }

  void receive() {
    constexpr size_t kAtOnce = 16 << 10;
    const size_t had = got_.size();
    got_.resize(had + kAtOnce);
    socket_->async_read_some(asio::buffer(got_.data() + had, kAtOnce),
                             [this, had](Code error, size_t count) {
                               got_.resize(had + count);
                               if (error) return lost();
                               is_complete() ? classify() : receive();
                             });
  }

  // Every server here sends Content-Length.
  bool is_complete() {
    static constexpr std::string_view kEnd = "\r\n\r\n", kField = "content-length:";
    const size_t end = got_.find(kEnd);
    if (end == std::string::npos) return false;
    const auto equal_letters = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto field = std::search(got_.begin(), got_.begin() + static_cast<std::ptrdiff_t>(end),
                                   kField.begin(), kField.end(), equal_letters);
    const auto at = static_cast<size_t>(field - got_.begin()) + kField.size();
    return at < end && got_.size() >= end + kEnd.size() + std::strtoul(&got_[at], nullptr, 10);
  }

  void classify() {
    // The field comes last in the answer, after the items.
    constexpr size_t kTail = 64;
    const auto tail = std::string_view(got_).substr(got_.size() - std::min(kTail, got_.size()));
    const bool degraded = tail.find("\"degraded\":true") != std::string_view::npos;
    const std::string status = got_.substr(9, 3);
    if (got_.find("\r\nConnection: close\r\n") != std::string::npos) socket_.reset();
    finish(degraded ? "degraded" : status);
  }

  void lost() {
    socket_.reset();
    finish("no answer");
  }

  void finish(const std::string& result) {
    load_.answered(due_, sent_, result);
    load_.next_for(this);
  }

  Load& load_;
  const uint32_t address_;  // 127.0.0.1 and so many
  std::optional<tcp::socket> socket_;
  std::string got_;
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

// Sends all requests that are due on idle connections, or queues them.
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

void Load::answered(Clock::time_point due_at, Clock::time_point sent, const std::string& result) {
  if (due_at < start_ + std::chrono::seconds(1)) return;
  const auto now = Clock::now();
  ++results_[result];
  if (result == "200" || result == "degraded") in_any_form_ += now <= end();
  if (result != "200") return;
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
  for (const auto& [result, count] : results_) {
    std::printf(",\"%s\":%lld", result.c_str(), static_cast<long long>(count));
  }
  std::printf(",\"unsent\":%zu}\n", waiting_.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "load PORT PATH RATE SECONDS CONNECTIONS BODIES\n");
    return 2;
  }
  std::vector<std::string> requests;
  std::ifstream file(argv[6]);
  for (std::string body; std::getline(file, body);) {
    requests.push_back(std::string("POST ") + argv[2] +
                       " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       "Content-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  if (requests.empty()) {
    std::fprintf(stderr, "%s holds no bodies\n", argv[6]);
    return 2;
  }
  Load({static_cast<uint16_t>(std::atoi(argv[1])), argv[2], std::atof(argv[3]), std::atof(argv[4]),
        std::atoi(argv[5])},
       std::move(requests))
      .run();
}
