// Over cpp-httplib.
#include "service/http/http_client.hpp"

#include "service/http/access.hpp"
#include "service/http/address.hpp"

#include <httplib.h>

#include <chrono>
#include <utility>

namespace tripool::service {

namespace {

constexpr std::chrono::seconds connect_limit{3};
constexpr std::chrono::seconds answer_limit{10};
/// An order may have to wait for others, such as the sources of secrets.
constexpr std::chrono::seconds order_limit{40};

} // namespace

class http_client::impl {
public:
  impl(const http_address& at, secret token) : url_(at.url()), client_(at.host, at.port), token_(std::move(token)) {
    client_.set_connection_timeout(connect_limit);
    client_.set_read_timeout(answer_limit);
    client_.set_write_timeout(answer_limit);
    client_.set_tcp_nodelay(true);
  }

  httplib::Headers headers() const {
    httplib::Headers out;
    if (!token_.empty()) out.emplace("Authorization", std::string{"Bearer "} + token_.reveal());
    return out;
  }

  http_reply reply_of(httplib::Result x) const {
    if (!x && x.error() == httplib::Error::Connection) return {0, url_ + " takes no connection"};
    if (!x) return {0, "no answer from " + url_ + ": " + httplib::to_string(x.error())};
    return {x->status, std::move(x->body)};
  }

  std::string url_;
  httplib::Client client_;
  secret token_;
};

std::unique_ptr<http_client> http_client::make(const std::string& url, const std::string& token_file,
                                               std::string& problem) {
  std::string_view rest = url;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto at = read_http_address(rest, problem);
  if (!at) {
    problem = "--at " + url.substr(0, 200) + ": " + problem;
    return nullptr;
  }
  auto token = load_token(token_file, problem);
  if (!token) return nullptr;
  return std::unique_ptr<http_client>{new http_client{std::make_unique<impl>(*at, std::move(*token))}};
}

http_client::http_client(std::unique_ptr<impl> x) : impl_(std::move(x)) {}
http_client::~http_client() = default;

http_reply http_client::get(const std::string& path) {
  return impl_->reply_of(impl_->client_.Get(path, impl_->headers()));
}

http_reply http_client::post(const std::string& path, const std::string& json) {
  impl_->client_.set_read_timeout(order_limit);
  auto out = impl_->reply_of(impl_->client_.Post(path, impl_->headers(), json, "application/json"));
  impl_->client_.set_read_timeout(answer_limit);
  return out;
}

const std::string& http_client::url() const noexcept {
  return impl_->url_;
}

} // namespace tripool::service
