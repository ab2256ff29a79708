// Writes with a token on real servers: once, whatever happens between COMMIT and its answer.
#include "service/cluster/process.hpp"
#include "tests/chaos/proxy.hpp"
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_tokens.hpp"
#include "tripool/core/statement/sql.hpp"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 10s;

statement pay(int account, const std::string& token, std::chrono::milliseconds timeout = 8000ms) {
  auto x = sql("insert into payments values ($1) returning account", account);
  x.token = token;
  x.timeout = timeout;
  return x;
}

/// The shared cluster with a table of payments without any key, so that a second effect shows.
struct till {
  test_database home;
  running_instance x;
  blocking_client client;

  explicit till(const instance_setup& how = {})
    : x((home.sql("create table payments (account int)"), home), how), client{x.system(), x.delegate()} {
    for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
    REQUIRE(x.wait_until_writable(bound));
  }

  void make_tokens() {
    const auto made = client.ask<reply>(client.delegate(), create_tokens{});
    INFO((made ? std::string{} : to_string(made.error())));
    REQUIRE(made);
  }

  int payments(int account) {
    auto n = client.execute("select count(*)::int from payments where account = $1", account);
    REQUIRE(n);
    return n->one<int>().value();
  }
};

/// Waits for what happens in other threads.
template <class Condition>
void wait_for(Condition met) {
  REQUIRE(cluster::wait_until(bound, std::move(met)));
}

application told_as(const answer<result>& x) {
  INFO((x ? std::string{} : to_string(x.error())));
  REQUIRE(x);
  return x->receipt().by_token;
}

} // namespace

TEST_CASE("a write with a token is applied once, and says the second time that it had been", "[token]") {
  till t;
  const auto early = t.client.execute(pay(1, "a"));
  REQUIRE_FALSE(early);
  CHECK(early.error().kind == outcome::rejected);
  CHECK(early.error().hint.find("tripool tokens create") != std::string::npos);
  t.make_tokens();
  t.make_tokens(); // It is there: nothing to do.
  const auto first = t.client.execute(pay(1, "a"));
  CHECK(told_as(first) == application::applied);
  CHECK(first->one<int>().value() == 1);
  const auto second = t.client.execute(pay(1, "a"));
  CHECK(told_as(second) == application::already_applied);
  CHECK(second->empty());
  CHECK(t.payments(1) == 1);

  auto wrong = sql("insert into payments values ('x')");
  wrong.token = "b";
  const auto refused = t.client.execute(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == outcome::rejected);
  CHECK(refused.error().sqlstate == "22P02");
  CHECK(told_as(t.client.execute(pay(2, "b"))) == application::applied); // The token of a rejected write is free.
}

TEST_CASE("a withdrawn token stops its write; old tokens can be deleted, young ones not", "[token]") {
  till t;
  t.make_tokens();
  const auto withdrawn = t.client.ask<result>(t.client.delegate(), withdraw_token{"a"});
  REQUIRE(withdrawn);
  CHECK_FALSE(withdrawn->one<bool>().value());
  const auto stopped = t.client.execute(pay(1, "a"));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == outcome::rejected);
  CHECK(t.payments(1) == 0);
  CHECK(told_as(t.client.execute(pay(1, "b"))) == application::applied);
  const auto late = t.client.ask<result>(t.client.delegate(), withdraw_token{"b"});
  REQUIRE(late);
  CHECK(late->one<bool>().value());

  const auto young = t.client.ask<result>(t.client.delegate(), clean_tokens{60s, 10});
  REQUIRE_FALSE(young);
  CHECK(young.error().sqlstate == "22023");
  REQUIRE(t.client.execute("update tripool.tokens set made_at = now() - interval '8 days'"));
  const auto one = t.client.ask<result>(t.client.delegate(), clean_tokens{std::chrono::hours{24 * 7}, 1});
  REQUIRE(one);
  CHECK(one->affected_rows() == 1);
  CHECK(t.client.ask<result>(t.client.delegate(), clean_tokens{})->affected_rows() == 1);
}

TEST_CASE("when the answers to COMMIT are cut off, writes with a token are applied once each", "[token]") {
  test_database probe; // Keeps the cluster for the proxy's port.
  chaos::fault_proxy wire{probe.at(0).port, 7};
  REQUIRE(wire.port() != 0);
  instance_setup how;
  how.adjust = [&](options& o) {
    o.pools[0].target.host = "127.0.0.1";
    o.pools[0].target.port = wire.port();
    o.pools[0].connections_min = o.pools[0].connections_max = 2;
  };
  till t{how};
  t.make_tokens();
  int found = 0;
  for (int i = 0; i < 40; ++i) {
    const auto before = wire.caught();
    wire.lay(i % 2 == 0 ? chaos::ambush::lose_reply : chaos::ambush::cut_commit, 1);
    auto asked = std::async(std::launch::async, [&t, i] {
      blocking_client mine{t.x.system(), t.x.delegate()};
      return mine.execute(pay(i, "t-" + std::to_string(i)));
    });
    wait_for([&] { return wire.caught() > before; });
    wire.lay(chaos::ambush::none); // The links that are made now shall live.
    found += told_as(asked.get()) == application::already_applied;
  }
  wire.mend();
  for (int i = 0; i < 40; ++i) CHECK(t.payments(i) == 1);
  CHECK(wire.caught() > 10);
  CHECK(found > 5);
}

TEST_CASE("a server that crashes after COMMIT was sent leaves each payment made once", "[token]") {
  till t;
  t.make_tokens();
  std::vector<std::thread> callers;
  std::atomic<int> doubts{0};
  std::atomic<int> applied{0};
  std::atomic<bool> go_on{true};
  std::atomic<int> next{0};
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      blocking_client mine{t.x.system(), t.x.delegate()};
      while (go_on) {
        const int i = next++;
        auto x = mine.execute(pay(i, "t-" + std::to_string(i)));
        for (int again = 0; !x && again < 5; ++again) x = mine.execute(pay(i, "t-" + std::to_string(i)));
        x ? ++applied : ++doubts;
      }
    });
  }
  wait_for([&] { return applied > 100; });
  must(t.home.home().crash(0));
  const int before = applied;
  must(t.home.home().start_member(0));
  wait_for([&] { return applied > before + 100; });
  go_on = false;
  for (auto& c : callers) c.join();
  CHECK(doubts == 0);
  const auto sums = t.client.execute("select count(*)::int, count(distinct account)::int from payments");
  REQUIRE(sums);
  const auto [rows, accounts] = sums->one<std::tuple<int, int>>().value();
  CHECK(rows == next);
  CHECK(accounts == next);
}
