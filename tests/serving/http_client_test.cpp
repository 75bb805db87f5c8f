#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "serving/http/client.h"
#include "serving/http/http.h"

namespace marquee::serving {
namespace {

using boost::asio::ip::tcp;

// Answers a request a connection and then ends it, although the answer says that it stays open.
class Hasty {
 public:
  explicit Hasty(int answers)
      : thread_([this, answers] {
          for (int i = 0; i < answers; ++i) {
            tcp::socket socket = acceptor_.accept();
            std::string request;
            boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n");
            first_lines_.push_back(request.substr(0, request.find('\r')));
            const std::string body = cat("{\"answer\":", i, "}");
            boost::asio::write(
                socket, boost::asio::buffer(cat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(),
                                                "\r\n\r\n", body)));
          }
        }) {}
  ~Hasty() { thread_.join(); }

  std::string address() const {
    return cat("http://127.0.0.1:", acceptor_.local_endpoint().port());
  }
  const std::vector<std::string>& first_lines() const { return first_lines_; }

 private:
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<std::string> first_lines_;
  std::thread thread_;
};

TEST(HttpClient, GoesOnWithANewConnectionWhereTheServerEndedTheOld) {
  Hasty server(3);
  HttpClient client(server.address(), "");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.call("GET", cat("/", i)), cat("{\"answer\":", i, "}"));
  }
}

TEST(HttpClient, SaysThatNobodyAnswers) {
  std::string address;
  {
    Hasty server(1);
    address = server.address();
    HttpClient(address, "").call("GET", "/");
  }
  EXPECT_THROW(HttpClient(address, "").call("GET", "/"), Error);
  for (const char* url : {"https://a", "http://", "http://a:b", "http://a/b", "a"}) {
    EXPECT_THROW(HttpClient(url, ""), Error) << url;
  }
}

TEST(PercentEncoding, IsDecodedToTheSame) {
  const std::string text = "ann/?x=%2e é+&#~";
  EXPECT_EQ(percent_decoded(percent_encoded(text), false), text);
  EXPECT_EQ(percent_encoded("ann-1_b.c~"), "ann-1_b.c~");
  EXPECT_EQ(percent_encoded("a/b"), "a%2Fb");
}

}  // namespace
}  // namespace marquee::serving
