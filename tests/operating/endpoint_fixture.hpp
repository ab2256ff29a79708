// An instance with an endpoint in this process, and a client for it. Used by the endpoint_*_test.cpp beside it.
#pragma once

#include "service/http/http_client.hpp"
#include "service/http/http_server.hpp"
#include "service/http/observer.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/operating/schema.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace tripool::test {

/// The whole file, or the test fails.
inline std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  INFO(path);
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// What is made in the database before the instance starts, and goes before it: a role, for example.
using scenery = std::function<std::shared_ptr<void>(test_database&)>;

/// The scene.
struct endpoint_scene {
  test_database home;
  std::shared_ptr<void> made;
  running_instance x;
  service::observer eyes;
  std::unique_ptr<service::http_server> server;
  std::unique_ptr<service::http_client> client;

  explicit endpoint_scene(service::http_options how = {}, const instance_setup& setup = {}, const scenery& first = {})
    : made(first ? first(home) : nullptr), x(home, setup), eyes(x.system(), x.db()) {
    REQUIRE(x.wait_until_writable(std::chrono::seconds{20}));
    if (how.at.host.empty()) how.at = {"127.0.0.1", 0};
    how.version = "test";
    std::string problem;
    server = service::http_server::start(eyes, std::move(how), problem);
    INFO(problem);
    REQUIRE(server);
    client = service::http_client::make(server->at().url(), {}, problem);
    REQUIRE(client);
    // The last look may be a moment older than the first write, and the standbys are probed after the primary.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    const auto settled = [&] {
      const auto seen = eyes.look(std::chrono::milliseconds{0});
      const auto* table = seen ? seen->status.monitor.table.get() : nullptr;
      return table && seen->status.pools.size() == 3
             && std::all_of(table->routes.begin(), table->routes.end(),
                            [](const auto& r) { return r.usable_for_reads; });
    };
    while (!settled()) REQUIRE(std::chrono::steady_clock::now() < until);
  }

  json get(const std::string& path, int status = 200) {
    const auto r = client->get(path);
    INFO(path << " answered " << r.status << ": " << r.body.substr(0, 500));
    REQUIRE(r.status == status);
    auto out = json::parse(r.body, nullptr, false);
    REQUIRE_FALSE(out.is_discarded());
    return out;
  }
  json post(const std::string& path, const std::string& body, int status = 200) {
    const auto r = client->post(path, body);
    INFO(path << " answered " << r.status << ": " << r.body.substr(0, 500));
    REQUIRE(r.status == status);
    auto out = json::parse(r.body, nullptr, false);
    REQUIRE_FALSE(out.is_discarded());
    return out;
  }
};

} // namespace tripool::test
