// A client of a server of this kind, for commands that use one: HTTP/1.1 without TLS.
#pragma once

#include <memory>
#include <string>

namespace marquee::serving {

class HttpClient {
 public:
  // "http://HOST[:PORT]"; the key is sent where it is not "". Throws Error for another address.
  HttpClient(const std::string& url, const std::string& key);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The body of the answer, which has to have status 200. Waits while the server is full. Safe to
  // call from several threads, each with a connection of its own. Throws Error: input, for what the
  // server refuses; system, if it does not answer.
  std::string call(const std::string& method, const std::string& path,
                   const std::string& body = "");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::serving
