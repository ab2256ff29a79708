// How far a request reaches: what is waited for, and what is not.
#include "service/http/request_extent.hpp"
#include "tests/support/catch.hpp"

#include <optional>
#include <string>
#include <string_view>

using namespace tripool::service;

namespace {

constexpr std::size_t body_max = 1000;

std::optional<request_extent> extent(std::string_view bytes) {
  return extent_of(bytes, 0, body_max);
}

std::size_t body_of(const std::string& headers) {
  const auto x = extent("POST /x HTTP/1.1\r\n" + headers + "\r\n");
  REQUIRE(x);
  return x->body;
}

} // namespace

TEST_CASE("a request ends with the empty line behind its headers", "[http]") {
  const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(extent(whole.substr(0, n)));
  const auto x = extent(whole + "GET / HTTP/1.1\r\n\r\n");
  REQUIRE(x);
  CHECK(x->head == whole.size());
  CHECK(x->body == 0);
}

TEST_CASE("the end is found wherever the bytes before it were cut", "[http]") {
  const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto x = extent_of(whole, n, body_max);
    REQUIRE(x);
    CHECK(x->head == whole.size());
  }
}

TEST_CASE("a body is waited for when it is a POST's and of one known, bounded length", "[http]") {
  CHECK(body_of("Content-Length: 17\r\n") == 17);
  CHECK(body_of("CONTENT-length:\t17 \r\nHost: x\r\n") == 17);
  CHECK(body_of("Host: x\r\n") == 0);
  CHECK(body_of("Content-Length: 1001\r\n") == 0);
  CHECK(body_of("Content-Length: 99999999999999999999\r\n") == 0);
  CHECK(body_of("Content-Length: +5\r\n") == 0);
  CHECK(body_of("Content-Length: -5\r\n") == 0);
  CHECK(body_of("Content-Length:\r\n") == 0);
  CHECK(body_of("Content-Length: 5\r\nContent-Length: 5\r\n") == 0);
  CHECK(body_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == 0);
  CHECK(body_of("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") == 0);
  const auto x = extent("GET / HTTP/1.1\r\nContent-Length: 17\r\n\r\n");
  REQUIRE(x);
  CHECK(x->body == 0);
}

TEST_CASE("who waits to be told to send its body is noticed", "[http]") {
  const auto x = extent("POST / HTTP/1.1\r\nexpect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
  REQUIRE(x);
  CHECK(x->awaits_go_ahead);
  const auto other = extent("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
  REQUIRE(other);
  CHECK_FALSE(other->awaits_go_ahead);
}
