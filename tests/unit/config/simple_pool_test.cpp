// What the simple pool is made of, and what its section may say.
#include "tests/support/catch.hpp"

#include "tripool/core/config/assemble.hpp"
#include "tripool/core/config/simple_pool.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

options three_pools() {
  auto o = default_options();
  for (auto& p : o.pools) p.target.host = p.name + ".example";
  return o;
}

assembly read(std::vector<setting> settings) {
  setting_list list;
  list.groups.push_back({{"pools"}, {"t.conf", 1, 0}});
  list.groups.push_back({{"pools", "primary"}, {"t.conf", 2, 0}});
  list.groups.push_back({{"pools", "backup"}, {"t.conf", 3, 0}});
  list.settings = std::move(settings);
  return assemble(list, {[](const std::string&) { return connection_parts{}; }, {}, ""});
}

setting line(std::string key, config_value value, int at) {
  return {{"simple-pool", std::move(key)}, std::move(value), {"t.conf", at, 0}};
}

} // namespace

TEST_CASE("the simple pool has the server of the pool that is named, else of the last writer, else of the first",
          "[config][simple]") {
  auto o = three_pools();
  CHECK(simple_pool_server(o, std::nullopt) == 0);
  CHECK(simple_pool_server(o, 2) == 2);
  CHECK(simple_pool_server(o, 99) == 0);
  o.simple.pool = "backup";
  CHECK(simple_pool_server(o, 2) == 1);
  o.simple.pool.clear();
  o.pools[0].enabled = false;
  CHECK(simple_pool_server(o, std::nullopt) == 1);
}

TEST_CASE("the simple pool has its own size and queue, and everything else of its server's pool", "[config][simple]") {
  auto o = three_pools();
  o.pools[1].connect_timeout = 7s;
  o.pools[1].leases_max = 3;
  o.pools[1].credentials.password_file = "/run/secret";
  o.simple.queue_max = 17;
  const auto x = simple_pool_settings(o, 1);
  CHECK(x.name == simple_pool_name);
  CHECK(x.target.host == "backup.example");
  CHECK(x.connect_timeout == 7s);
  CHECK(x.credentials.password_file == "/run/secret");
  CHECK(x.connections_min == 2);
  CHECK(x.connections_max == 10);
  CHECK(x.queue_max == 17);
  CHECK(x.lent_max() == 9);
}

TEST_CASE("the section of the simple pool is read, and a pool that there is not is named with its line",
          "[config][simple]") {
  const auto good = read({line("pool", std::string{"backup"}, 5), line("connections-max", std::int64_t{1}, 6)});
  CHECK(to_string(good.errors).empty());
  CHECK(good.values.simple.pool == "backup");
  CHECK(good.values.simple.connections_max == 1);
  CHECK(good.values.simple.connections_min == 1); // A default follows what was stated.
  const auto bad = read({line("pool", std::string{"bakup"}, 5)});
  const auto text = to_string(bad.errors);
  CHECK(text.find("t.conf:5: tripool.simple-pool.pool") != std::string::npos);
  CHECK(text.find("did you mean backup") != std::string::npos);
  const auto order = read({line("connections-min", std::int64_t{9}, 5), line("connections-max", std::int64_t{3}, 6)});
  CHECK(to_string(order.errors).find("is above connections-max") != std::string::npos);
}
