// The endpoint and very many connections that are slow, silent or do not go: probes are answered as if they were not
// there.
#include "tests/operating/endpoint_fixture.hpp"
#include "tests/operating/raw_connection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using people = std::vector<std::unique_ptr<raw_connection>>;

constexpr std::string_view probe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Each of ten probes is answered within two seconds; `meanwhile` is done before each.
void answers_probes(std::uint16_t port, const std::function<void()>& meanwhile) {
  for (int i = 0; i < 10; ++i) {
    meanwhile();
    const auto begin = std::chrono::steady_clock::now();
    const raw_connection c{port};
    c.send(probe);
    const auto answer = c.read();
    const auto took = std::chrono::steady_clock::now() - begin;
    INFO("probe " << i << " took " << std::chrono::duration<double>(took).count() << " s: " << answer);
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(took < 2s);
  }
}

} // namespace

TEST_CASE("two hundred who send their requests byte by byte keep no probe waiting", "[endpoint][crowd]") {
  endpoint_scene s;
  const auto port = s.server->at().port;
  people slow(200);
  answers_probes(port, [&] {
    for (auto& c : slow) { // Who is turned away comes again.
      if (c && c->send("x")) continue;
      c = std::make_unique<raw_connection>(port);
      c->send("GET /status HTTP/1.1\r\nX: ");
    }
  });
}

TEST_CASE("more who say nothing than the endpoint has places keep no probe waiting", "[endpoint][crowd]") {
  endpoint_scene s;
  const auto port = s.server->at().port;
  people silent;
  answers_probes(port, [&] {
    for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<raw_connection>(port));
  });
}

TEST_CASE("who does not close when it was answered keeps no probe waiting", "[endpoint][crowd]") {
  endpoint_scene s;
  const auto port = s.server->at().port;
  people staying;
  answers_probes(port, [&] {
    for (int i = 0; i < 50; ++i) {
      staying.push_back(std::make_unique<raw_connection>(port));
      staying.back()->send(probe);
    }
  });
}

TEST_CASE("who says that a body comes is told to send it", "[endpoint]") {
  service::http_options how;
  how.control = true;
  endpoint_scene s{std::move(how)};
  const raw_connection c{s.server->at().port};
  c.send(
    "POST /control/resize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    "Content-Length: 36\r\n\r\n");
  const std::string_view begin = "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(c.read(begin.size()) == begin);
  c.send(R"({"pool":"primary","min":1,"max":7}  )");
  const auto answer = c.read();
  INFO(answer);
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(answer.find("1 to 7 connections") != std::string::npos);
}

TEST_CASE("who asks for a page a thousand times in one request gets it once", "[endpoint]") {
  endpoint_scene s;
  std::string parts = "0-";
  for (int i = 0; i < 1000; ++i) parts += ",0-";
  const raw_connection c{s.server->at().port};
  c.send("GET /page.js HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + parts + "\r\n\r\n");
  const auto answer = c.read(10'000'000);
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(answer.size() < 100'000);
}
