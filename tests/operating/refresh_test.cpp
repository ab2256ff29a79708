// A rotated password and `tripool control refresh`, against real servers under load: the old secret is refused, the new
// one is in force without a restart, nothing is lost, and the account of it stands among the events.
#include "tests/integration/credential_fixture.hpp"
#include "tests/operating/endpoint_fixture.hpp"
#include "tests/operating/served_fixture.hpp"

#include "tripool/actors/protocol_events.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 20s;
constexpr auto role_name = "tripool_test_refreshed";

/// The scene on a role whose password stands in a file, at which nobody looks by himself.
struct rotated_scene {
  own_folder at;
  endpoint_scene s;

  rotated_scene() : s(control(), setup(), [this](test_database& home) { return make_role(home); }) {}

  test_role& role() { return *std::static_pointer_cast<test_role>(s.made); }
  void rotate(const std::string& secret) {
    role().set_password(secret);
    for (std::size_t member = 1; member < 3; ++member) must(s.home.home().wait_until_caught_up(member));
    at.put("password", secret + "\n");
  }
  /// `tripool control refresh`, with more words.
  ended refresh(std::vector<std::string> more = {}) {
    std::vector<std::string> all{"control", "refresh"};
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), {"--at", s.client->url()});
    return run(all);
  }

private:
  static service::http_options control() {
    service::http_options how;
    how.control = true;
    return how;
  }
  instance_setup setup() const {
    instance_setup how;
    how.user = role_name;
    how.password_file = at / "password";
    how.adjust = [](options& o) {
      for (auto& p : o.pools) {
        p.credentials.check_interval = 0s;
        p.credentials.rotation_spread = 500ms;
        p.credentials.sources = "password-file";
      }
    };
    return how;
  }
  std::shared_ptr<void> make_role(test_database& home) {
    auto out = std::make_shared<test_role>(home, role_name, "the-first-secret");
    for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
    at.put("password", "the-first-secret\n");
    return out;
  }
};

/// What `tripool query` says that dials with a secret of its own.
ended query_with(const test_database& home, const own_folder& at, const std::string& secret) {
  at.put("other", secret);
  const auto where = home.at(0);
  const pipe_configuration file{"[tripool.pools.primary]\nhost = \"" + where.host
                                + "\"\nport = " + std::to_string(where.port) + "\ndbname = \"" + where.database
                                + "\"\nuser = \"" + role_name + "\"\npassword-file = \"" + (at / "other") + "\"\n"};
  return run({"query", "--config", file.path(), "--timeout", "3", "select 40 + 2 as answer"});
}

/// Hears the events of credentials.
struct watching {
  explicit watching(running_instance& x) : self(x.system()) {
    self->request(x.delegate(), 10s, watch_events{mask_of(event_kind::credential)})
      .receive([](events_subscribed) {}, [&](const caf::error& e) { FAIL(to_string(failure_of(e))); });
  }
  /// The next that says so about a pool.
  service_event await(const std::string& pool, const std::string& text) {
    for (const auto until = std::chrono::steady_clock::now() + bound; std::chrono::steady_clock::now() < until;) {
      std::optional<service_event> out;
      self->receive([&](event_msg& x) { out = std::move(x.what); }, caf::after(1s) >> [] {});
      if (out && out->pool == pool && says(out->text, text)) return *out;
    }
    FAIL("no event says \"" << text << "\" about " << pool);
    return {};
  }
  caf::scoped_actor self;
};

} // namespace

TEST_CASE("a rotated password is in force by one order, without a restart and without losing a request", "[refresh]") {
  rotated_scene r;
  auto& s = r.s;
  watching ears{s.x};
  workload load{s.x.system(), s.x.delegate(), {.callers = 16}};
  REQUIRE(load.wait_until_done(std::chrono::steady_clock::now(), 50, bound));
  const auto same = r.refresh({"primary"});
  CHECK(same.code == 0);
  CHECK(says(same.output, "primary: the same secret, from password-file " + (r.at / "password")));

  const auto moment = must(s.home.home().value(0, "select clock_timestamp()")); // What is older has the old secret.
  r.rotate("the-second-secret");
  const auto done = r.refresh();
  INFO(done.output << done.errors);
  CHECK(done.code == 0);
  for (const auto* pool : {"primary", "backup", "failover"}) { // A dial may have been quicker than the order.
    CHECK(says(done.output, std::string{pool} + ": "));
    CHECK(s.get("/events?kind=credential&pool=" + std::string{pool}).dump().find("another secret is in force")
          != std::string::npos);
  }
  CHECK(says(done.output, " secret, from password-file " + (r.at / "password")));
  CHECK(ears.await("primary", "another secret is in force").weight == severity::info);

  // The old one is refused, and the sessions that were opened with it go.
  const auto refused = query_with(s.home, r.at, "the-first-secret");
  CHECK(refused.code == 1);
  CHECK(says(refused.errors, "28P01"));
  const auto let_in = query_with(s.home, r.at, "the-second-secret");
  CHECK(let_in.code == 0);
  CHECK(says(let_in.output, "42"));
  const auto until = std::chrono::steady_clock::now() + bound;
  while (r.role().sessions_before(moment) != "0") REQUIRE(std::chrono::steady_clock::now() < until);
  const auto v = judge(load, s.home.home(), 0, s.home.name());
  require_honest(v);
  INFO(to_string(v));
  CHECK(v.of(outcome::done) == v.total()); // Neither lost nor refused, moved nor in doubt.

  const auto events = run({"events", "--at", s.client->url(), "--limit", "1000"});
  CHECK(says(events.output, "control: credentials were asked for anew: primary: "));
  CHECK(says(events.output, "control primary: credentials were asked for anew: primary: the same secret"));
  CHECK(says(events.output, "credential backup: another secret is in force"));
  CHECK_FALSE(says(events.output, "second-secret"));
}

TEST_CASE("a refused login is an event that subscribers hear, and so is the way back by order", "[refresh]") {
  rotated_scene r;
  auto& s = r.s;
  watching ears{s.x};
  r.role().set_password("the-second-secret");
  r.role().throw_out();
  const auto refused = ears.await("primary", "the server refuses the secret from password-file");
  CHECK(refused.sqlstate == "28P01");
  CHECK(refused.weight == severity::error);
  r.at.put("password", "the-second-secret\n");
  CHECK(r.refresh({"primary"}).code == 0);
  CHECK(ears.await("primary", "the server lets us in again").weight == severity::info);
  REQUIRE(s.x.wait_until_writable(bound));
  const auto told = s.get("/events?kind=credential&pool=primary")["events"];
  REQUIRE(told.size() >= 3);
  CHECK(told[0]["sqlstate"] == "28P01");
}

TEST_CASE("a refresh that finds nothing says so and fails, and what is known stays in use", "[refresh]") {
  rotated_scene r;
  auto& s = r.s;
  std::filesystem::remove(r.at / "password");
  const auto none = r.refresh({"primary"});
  CHECK(none.code == 1);
  CHECK(says(none.errors, "primary: not to be had"));
  CHECK(says(none.errors, "No such file"));
  r.role().throw_out();
  REQUIRE(s.x.wait_until_writable(bound)); // With the last known good one.
  CHECK(r.refresh({"nowhere"}).code == 1);
  CHECK(says(r.refresh({"nowhere"}).errors, "there is no pool named \"nowhere\""));
  s.post("/control/refresh", R"({"pool":"nowhere"})", 409);
  s.post("/control/refresh", R"({"pool":5})", 400);
  s.post("/control/refresh", R"({"more":"primary"})", 400);
  r.at.put("password", "the-first-secret\n");
  CHECK(s.post("/control/refresh", "{}").contains("done"));
  CHECK(s.post("/control/refresh", "").contains("done"));
}
