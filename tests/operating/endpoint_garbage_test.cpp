// The endpoint and what it must not mind: garbage, half requests, absurd sizes, many connections at once. After each of
// them it answers as before, and the requests of the service's callers were never in danger.
#include "tests/operating/endpoint_fixture.hpp"
#include "tests/operating/raw_connection.hpp"
#include "tests/support/memory.hpp"

#include "tripool/core/util/random.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("garbage in place of a request closes its connection and nothing else", "[endpoint][garbage]") {
  endpoint_scene s;
  const auto port = s.server->at().port;
  splitmix64 random{7};
  std::vector<std::string> all{
    "",
    "\r\n\r\n",
    "GET",
    "GET / HTTP/9.9\r\n\r\n",
    "GET  HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "POST /control/hold HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    "POST /control/hold HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + std::string(50'000, 'b') + "\r\n\r\n",
    "GET /%00%ff%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET /events?after=%00&pool=%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET /../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  };
  for (int i = 0; i < 200; ++i) {
    std::string x = i % 2 == 0 ? "" : "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    const auto n = random.next() % 600;
    for (std::uint64_t k = 0; k < n; ++k) x += static_cast<char>(random.next() & 0xFFU);
    all.push_back(std::move(x));
  }
  for (const auto& x : all) {
    const raw_connection c{port};
    c.send(x);
    c.finish();
    const auto answer = c.read();
    CHECK(answer.find("root:") == std::string::npos);
  }
  CHECK(s.get("/healthz")["alive"] == true);
  CHECK(s.x.ask("select 1", access::read).value == "1");
}

TEST_CASE("a body is never taken for requests, whatever became of its own", "[endpoint][garbage]") {
  service::http_options how;
  how.control = true;
  endpoint_scene s{std::move(how)};
  // Of a length that some block begins where a reader of 4096 bytes begins.
  std::string block = "POST /control/log-level HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      "Content-Length: 17\r\nX: ";
  const std::string end = "\r\n\r\n{\"level\":\"debug\"}";
  block += std::string(315 - block.size() - end.size(), 'x') + end;
  std::string body;
  for (int i = 0; i < 5040; ++i) body += block;
  const auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  for (const auto* head : {"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Type: text/plain\r\n",
                           "GET /status HTTP/1.1\r\nHost: evil.example\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\n",
                           "PUT / HTTP/1.1\r\nHost: localhost\r\n"}) {
    const raw_connection c{s.server->at().port};
    c.send(head + length + body);
    const auto answer = c.read(10'000'000);
    INFO(head << answer.substr(0, 2000));
    CHECK(answer.starts_with("HTTP/1.1 "));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("HTTP/1.1 ", 1) == std::string::npos);
    CHECK(answer.find("\"done\"") == std::string::npos);
  }
  CHECK(s.get("/events?kind=control")["events"].empty());
}

TEST_CASE("a body above its bound, or whose length is not known beforehand, is refused and not read",
          "[endpoint][garbage]") {
  service::http_options how;
  how.control = true;
  endpoint_scene s{std::move(how)};
  const std::string mebibyte(1 << 20, '{');
  const auto chunk = "100000\r\n" + mebibyte + "\r\n";
  struct attempt {
    const char* path;
    const char* length;
    const std::string& part; ///< Sent 200 times.
    const char* status;
  };
  const std::string small(1000, '{');
  const auto before = resident_bytes("VmRSS");
  reset_peak();
  for (const auto& x :
       {attempt{"/control/hold", "Content-Length: 100000000\r\n", small, "413"},
        attempt{"/control/hold", "Content-Length: 99999999999999999999\r\n", small, "413"},
        attempt{"/control/hold", "Transfer-Encoding: chunked\r\n", chunk, "411"},
        attempt{"/healthz", "Transfer-Encoding: chunked\r\n", chunk, "411"},
        attempt{"/healthz", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk, "411"},
        attempt{"/healthz", "", mebibyte, "411"},
        attempt{"/readyz", "Content-Length: 0\r\nContent-Length: 500\r\n", mebibyte, "400"},
        attempt{"/control/hold", "Content-Length: +5\r\n", mebibyte, "400"},
        attempt{"/control/hold", "Content-Length: 50\r\nContent-Encoding: gzip\r\n", mebibyte, "415"}}) {
    const raw_connection c{s.server->at().port};
    c.send("POST " + std::string{x.path} + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
           + x.length + "\r\n");
    for (int i = 0; i < 200 && c.send(x.part);) ++i;
    c.finish();
    const auto answer = c.read();
    INFO(x.path << " " << x.length << answer.substr(0, 2000));
    CHECK(answer.starts_with("HTTP/1.1 " + std::string{x.status}));
  }
  if (memory_can_be_measured) CHECK(resident_bytes("VmHWM") < before + 30'000'000);
  CHECK(s.get("/healthz")["alive"] == true);
}

TEST_CASE("probes without a token are questions, not orders", "[endpoint][garbage]") {
  service::http_options how;
  how.at = {"127.0.0.1", 0};
  how.token = secret{std::string{"0123456789abcdef"}};
  endpoint_scene s{std::move(how)};
  for (const auto* path : {"/healthz", "/readyz"}) {
    const raw_connection c{s.server->at().port};
    c.send("POST " + std::string{path} + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}");
    CHECK(c.read().starts_with("HTTP/1.1 401"));
    CHECK(s.client->get(path).status == 200);
  }
}

TEST_CASE("a request whose headers do not end is given up before it takes memory", "[endpoint][garbage]") {
  endpoint_scene s;
  const std::string part(1 << 20, 'a');
  const auto before = resident_bytes("VmRSS");
  reset_peak();
  for (const auto* begin : {"GET /", "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "}) {
    const raw_connection c{s.server->at().port};
    c.send(begin);
    int parts = 0;
    while (parts < 100 && c.send(part)) ++parts;
    CHECK(parts < 100);
  }
  if (memory_can_be_measured) CHECK(resident_bytes("VmHWM") < before + 30'000'000);
  CHECK(s.get("/healthz")["alive"] == true);
}

TEST_CASE("connections that say nothing take no more than their share of time", "[endpoint][garbage]") {
  endpoint_scene s;
  std::vector<std::unique_ptr<raw_connection>> silent;
  for (int i = 0; i < 16; ++i) {
    silent.push_back(std::make_unique<raw_connection>(s.server->at().port));
    if (i % 2 == 0) silent.back()->send("GET /status HTT");
  }
  const auto begin = std::chrono::steady_clock::now();
  bool answered = false;
  while (!answered && std::chrono::steady_clock::now() - begin < 40s)
    answered = s.client->get("/healthz").status == 200;
  CHECK(answered);
  CHECK(s.x.ask("select 1", access::read).value == "1");
}

TEST_CASE("who sends a request byte by byte keeps nobody from being answered", "[endpoint][garbage]") {
  endpoint_scene s;
  // More than there are threads; who is turned away comes again.
  std::vector<std::unique_ptr<raw_connection>> slow(14);
  const auto drip = [&] {
    for (auto& c : slow) {
      if (c && c->send("x")) continue;
      c = std::make_unique<raw_connection>(s.server->at().port);
      c->send("GET /status HTTP/1.1\r\nX: ");
    }
  };
  drip();
  auto probe = std::async(std::launch::async, [&] {
    const auto begin = std::chrono::steady_clock::now();
    const auto status = s.client->get("/healthz").status;
    return std::pair{status, std::chrono::steady_clock::now() - begin};
  });
  while (probe.wait_for(200ms) != std::future_status::ready) drip();
  const auto [status, took] = probe.get();
  CHECK(status == 200);
  CHECK(took < 5s);
}

TEST_CASE("a request that comes byte by byte is given up after its time", "[endpoint][garbage]") {
  endpoint_scene s;
  const raw_connection c{s.server->at().port};
  REQUIRE(c.send("GET /status HTTP/1.1\r\nX: "));
  const auto begin = std::chrono::steady_clock::now();
  const auto so_far = [&] { return std::chrono::steady_clock::now() - begin; };
  while (so_far() < 20s && c.send("x")) std::this_thread::sleep_for(200ms); // Steadily.
  CHECK(so_far() < 14s);
}
