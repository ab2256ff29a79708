// What has changed between two configurations, and which changes need a restart.
#include "tests/support/catch.hpp"

#include "tripool/core/config/difference.hpp"

using namespace tripool;
using namespace std::chrono_literals;

TEST_CASE("equal configurations have no difference") {
  CHECK(changed_keys(default_options(), default_options()).empty());
}

TEST_CASE("each changed key is named with both values") {
  const auto before = default_options();
  auto after = before;
  after.pools[0].connections_max = 20;
  after.pools[2].connect_timeout = 1s;
  after.pools[1].target.host = "elsewhere";
  after.requests.deadline = 10s;
  after.log_level = "debug";
  const auto x = check_reload(before, after);
  REQUIRE(x);
  REQUIRE(x->size() == 5);
  CHECK(x->at(0).key == "log-level");
  CHECK(x->at(0).after == "\"debug\"");
  const auto has = [&](const std::string& key, const std::string& from, const std::string& to) {
    for (const auto& c : *x)
      if (c.key == key) return c.before == from && c.after == to;
    return false;
  };
  CHECK(has("requests.deadline", "30s", "10s"));
  CHECK(has("pools.primary.connections-max", "10", "20"));
  CHECK(has("pools.failover.connect-timeout", "5s", "1s"));
}

TEST_CASE("other pools, another order and what is read only once need a restart") {
  const auto before = default_options();
  auto fewer = before;
  fewer.pools.pop_back();
  CHECK_FALSE(check_reload(before, fewer));
  auto turned = before;
  std::swap(turned.pools[0], turned.pools[1]);
  CHECK_FALSE(check_reload(before, turned));
  auto supervised = before;
  supervised.supervision.restarts_max = 3;
  const auto f = check_reload(before, supervised);
  REQUIRE_FALSE(f);
  CHECK(f.error().message.find("supervision.restarts-max") != std::string::npos);
  CHECK(f.error().hint.find("restart") != std::string::npos);
}

TEST_CASE("what is read when the service starts and never again is not called reloaded") {
  const auto before = default_options();
  auto drained = before;
  drained.drain_timeout = 5s;
  auto watched = before;
  watched.loop_block_limit = 0s;
  auto other = before;
  other.pools[1].enabled = false;
  for (const auto& [after, key] :
       {std::pair{drained, "drain-timeout"}, {watched, "loop-block-limit"}, {other, "pools.backup.enabled"}}) {
    const auto x = check_reload(before, after);
    REQUIRE_FALSE(x);
    CHECK(x.error().message == std::string{key} + " is read only when the service starts");
  }
}

TEST_CASE("where the simple pool alone serves, the keys of pools need a restart") {
  auto before = default_options();
  auto after = before;
  after.pools[0].queue_max = 5;
  CHECK(check_reload(before, after));
  before.resilience = after.resilience = false;
  CHECK_FALSE(check_reload(before, after));
  after.pools[0].queue_max = before.pools[0].queue_max;
  after.log_level = "debug";
  CHECK(check_reload(before, after));
}

TEST_CASE("where secrets come from is read only at the start, and a command is not shown") {
  const auto before = default_options();
  for (const auto* key : {"password-file", "credential-command"}) {
    auto after = before;
    auto& how = after.pools[0].credentials;
    (std::string_view{key} == "password-file" ? how.password_file : how.command) = "vault --token hush";
    const auto checked = check_reload(before, after);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message == std::string{"pools.primary."} + key + " is read only when the service starts");
  }
  auto after = before;
  after.pools[0].credentials.command = "vault --token hush";
  const auto changes = changed_keys(before, after);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].after.find("hush") == std::string::npos);
}
