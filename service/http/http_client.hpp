// Asks the endpoint of a running service, for the commands that show or order something.
// Knows no command. Bounds every wait; holds the token, which it shows nobody. Not thread-safe.
#pragma once

#include "tripool/core/credentials/secret.hpp"

#include <memory>
#include <string>

namespace tripool::service {

/// What came of a question.
struct http_reply {
  int status = 0; ///< 0: there was no answer; `body` says why.
  std::string body;
  bool ok() const noexcept { return status == 200; }
};

/// The client.
class http_client {
public:
  /// `url`: "http://127.0.0.1:9187", or without the scheme. `token_file`: empty: the environment's token, if there is
  /// one. Null: something is wrong with them, and `problem` says what.
  static std::unique_ptr<http_client> make(const std::string& url, const std::string& token_file, std::string& problem);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  http_reply get(const std::string& path);
  http_reply post(const std::string& path, const std::string& json);
  /// "http://127.0.0.1:9187", for people.
  const std::string& url() const noexcept;

private:
  class impl;
  explicit http_client(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace tripool::service
