// What a node tells of itself to callers elsewhere is what it tells at home: the same types, the same figures, moments
// on the caller's clock; within bounds, and without handles or secrets.
#include "tests/remote/nodes.hpp"

#include "service/inspect/status_json.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/remote/envelope.hpp"

#include <nlohmann/json.hpp>

#include <caf/scoped_actor.hpp>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;

template <class T>
T good(answer<T> x) {
  if (!x) FAIL(to_string(x.error()));
  return std::move(*x);
}

json as_json(service_status x) {
  service::observation seen;
  seen.status = std::move(x);
  seen.at = std::chrono::steady_clock::now();
  seen.pid = 1;
  return json::parse(service::status_json(seen, "x"));
}

/// What goes on by itself between two looks: ages, probes, the loop's work. Everything else stays.
void drop_moving(json& x) {
  if (x.is_object()) {
    for (auto i = x.begin(); i != x.end();) {
      const auto& key = i.key();
      const bool moves = key.ends_with("_seconds") || key == "time" || key == "last_time" || key == "loop"
                         || key == "probes_sent" || key == "probes_answered" || key == "wal_position"
                         || key == "bytes_sent" || key == "bytes_received" || key == "seconds" || key == "received";
      if (moves) {
        i = x.erase(i);
      } else {
        drop_moving(*i);
        ++i;
      }
    }
  } else if (x.is_array()) {
    for (auto& y : x) drop_moving(y);
  }
}

std::vector<std::string> texts_of(const events_reply& x) {
  std::vector<std::string> out;
  for (const auto& e : x.events) out.push_back(std::to_string(e.serial) + ' ' + to_string(e));
  return out;
}

/// How far apart two moments are.
std::chrono::milliseconds apart(time_point a, time_point b) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(a > b ? a - b : b - a);
}

} // namespace

TEST_CASE("the status of a node is the same from elsewhere as at home", "[remote][status]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  good(db.execute(asking("select 1", access::read)));
  CHECK_FALSE(db.execute(asking("select nonsense", access::read)));
  auto held = db.begin();
  good(held ? held->execute(asking("select 7")) : unexpected{held.error()});
  blocking_client here{node.system(), node.delegate()};

  json local;
  json remote;
  service_status there;
  REQUIRE(cluster::wait_until(20s, [&] { // Until nothing happens between the two looks.
    local = as_json(good(here.ask<service_status>(node.delegate(), get_service_status{})));
    there = good(db.ask<service_status>(caller.proxy(), get_service_status{}));
    remote = as_json(there);
    drop_moving(local);
    drop_moving(remote);
    return local == remote;
  }));
  CHECK(remote["serves"]["writes"] == true);
  CHECK(remote["pools"][0]["figures"]["connections"]["lent"] == 1);
  CHECK(remote["delegate"]["answers"]["by_cause"]["server_error"] == 1);

  // What JSON does not show.
  const auto at_home = good(here.ask<service_status>(node.delegate(), get_service_status{}));
  REQUIRE(there.monitor.table);
  const auto& route = there.monitor.table->routes.at(0);
  CHECK(apart(route.since, at_home.monitor.table->routes.at(0).since) < 200ms);
  CHECK(there.monitor.pools.at(0).health.facts == at_home.monitor.pools.at(0).health.facts);
  const auto& a = there.pools.at(0).measures.service;
  const auto& b = at_home.pools.at(0).measures.service;
  CHECK(a.count() == b.count());
  CHECK(a.sum() == b.sum());
  CHECK(a.quantile(0.9) == b.quantile(0.9));
  CHECK(there.loop.actors > 3);
  for (const auto& c : there.pools.at(0).connections) CHECK_FALSE(c.who); // Handles stay where they are.
  CHECK(remote.dump().find(home.at(0).password) == std::string::npos);

  const auto facts = good(db.ask<node_facts>(caller.proxy(), get_node_facts{}));
  CHECK(facts.version == "as tested");
  CHECK(facts.pid == getpid());
  CHECK(facts.age > 0ms);
}

TEST_CASE("the events of a node and the story of a request are the same from elsewhere as at home",
          "[remote][status]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  good(db.execute(asking("select 1", access::read)));
  const auto lost = doubtful_write(home, caller);
  REQUIRE(lost.request != 0);
  blocking_client here{node.system(), node.delegate()};
  const auto same = [&](const auto& question) {
    // What follows from the lost session may still come: both are asked again when something came in between.
    auto a = good(here.ask<events_reply>(node.delegate(), question));
    auto b = good(db.ask<events_reply>(caller.proxy(), question));
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (a.last_serial != b.last_serial && std::chrono::steady_clock::now() < until) {
      a = good(here.ask<events_reply>(node.delegate(), question));
      b = good(db.ask<events_reply>(caller.proxy(), question));
    }
    CHECK(texts_of(a) == texts_of(b));
    CHECK(a.last_serial == b.last_serial);
    REQUIRE_FALSE(b.events.empty());
    CHECK(apart(a.events.back().at, b.events.back().at) < 200ms);
    CHECK(apart(b.now, std::chrono::steady_clock::now()) < 200ms);
    return b;
  };
  const auto all = same(get_events{});
  same(get_causes{"primary"});
  get_events some;
  some.which.limit = 1;
  CHECK(same(some).events.size() == 1);
  // After the last one there is nothing, as soon as nothing more comes.
  events_reply later;
  const auto until = std::chrono::steady_clock::now() + 10s;
  some.which.after = all.last_serial;
  for (;;) {
    later = good(db.ask<events_reply>(caller.proxy(), some));
    if (later.events.empty() || std::chrono::steady_clock::now() > until) break;
    CHECK(later.events.back().serial > some.which.after);
    some.which.after = later.last_serial;
  }
  CHECK(later.events.empty());

  const get_request which{lost.request};
  const auto a = good(here.ask<request_story>(node.delegate(), which));
  const auto b = good(db.ask<request_story>(caller.proxy(), which));
  REQUIRE(a.answers.size() == 1);
  REQUIRE(b.answers.size() == 1);
  CHECK(to_string(a.answers[0].what) == to_string(b.answers[0].what));
  CHECK(b.answers[0].what.kind == outcome::in_doubt);
  CHECK(texts_of({a.events, 0, {}}) == texts_of({b.events, 0, {}}));
  CHECK(apart(a.answers[0].at, b.answers[0].at) < 200ms);
  CHECK(good(db.ask<moves_reply>(caller.proxy(), get_moves{})).count
        == good(here.ask<moves_reply>(node.delegate(), get_moves{})).count);
}

TEST_CASE("a caller may look a few times at once, and not at all where a node says so", "[remote][status]") {
  test_database home;
  gate_limits limits;
  limits.looks_max = 2;
  SECTION("a few times") {
    local_node node{home, "127.0.0.1", limits};
    remote_caller caller{{node.at()}};
    REQUIRE(caller.wait_for_nodes(1));
    caf::scoped_actor self{caller.system()};
    std::size_t seen = 0;
    std::size_t refused = 0;
    std::vector<caf::response_handle<caf::blocking_actor, caf::message, true>> all;
    constexpr std::size_t looks = 50;
    for (std::size_t i = 0; i < looks; ++i)
      all.push_back(self->request(caller.proxy(), caf::infinite, get_service_status{}));
    for (auto& one : all)
      one.receive([&](const service_status&) { ++seen; },
                  [&](const caf::error& e) {
                    const auto f = failure_of(e);
                    CHECK(f.kind == outcome::not_executed);
                    CHECK(f.message.find("looks_max") != std::string::npos);
                    ++refused;
                  });
    CHECK(seen >= 2);
    CHECK(refused > 0);
    CHECK(seen + refused == looks);
  }
  SECTION("not at all") {
    limits.looks_max = 0;
    local_node node{home, "127.0.0.1", limits};
    remote_caller caller{{node.at()}};
    auto db = caller.client();
    const auto x = db.ask<service_status>(caller.proxy(), get_service_status{});
    REQUIRE_FALSE(x);
    CHECK(x.error().message.find("looks_max") != std::string::npos);
    const auto y = db.ask<events_subscribed>(caller.proxy(), watch_events{}); // Nor hear what happens.
    REQUIRE_FALSE(y);
    CHECK(y.error().message.find("looks_max") != std::string::npos);
    good(db.execute(asking("select 1", access::read)));
  }
}

TEST_CASE("long texts of statements are cut on the way, between characters", "[remote][status]") {
  test_database home;
  local_node node{home};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  std::string text = "select pg_sleep(20) /* ";
  while (text.size() < 5000) text += "ü";
  caf::scoped_actor self{caller.system()};
  auto slow = asking(text + " */", access::read, 15s);
  slow.cancel_key = 3;
  auto pending = self->request(caller.proxy(), caf::infinite, slow);
  std::string shown;
  CHECK(cluster::wait_until(10s, [&] {
    const auto x = good(db.ask<service_status>(caller.proxy(), get_service_status{}));
    for (const auto& c : x.pools.at(0).connections)
      if (c.statement.starts_with("select pg_sleep")) shown = c.statement;
    return !shown.empty();
  }));
  CHECK(shown.size() <= 500);
  CHECK(shown.size() >= 490);
  CHECK(text.starts_with(shown));
  self->send(caller.proxy(), cancel_request{3});
  pending.receive([](const result&) {}, [](const caf::error&) {});
}

TEST_CASE("a status with damaged bytes is refused", "[remote][status]") {
  service_status x;
  x.pools.resize(1);
  auto table = std::make_shared<routing_table>();
  table->routes.resize(2);
  x.monitor.table = table;
  const auto bytes = encode_answer(x, time_point{1h});
  REQUIRE(decode_answer(bytes, time_point{9h}));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(decode_answer(std::string_view{bytes}.substr(0, i)));
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    refused += decode_answer(damaged) ? 0 : 1; // Or it is another status: figures may be anything.
  }
  CHECK(refused > 500); // Among others, every figure of the four histograms.
}

TEST_CASE("a move for any cause there is arrives, and for none that there is not", "[remote][status]") {
  moves_reply x;
  for (int i = 0; i <= static_cast<int>(last_cause); ++i) {
    x.moves.emplace_back();
    x.moves.back().why = static_cast<cause>(i);
    CHECK(to_string(x.moves.back().why) != "unknown");
  }
  CHECK(decode_answer(encode_answer(x, time_point{1h})));
  x.moves.back().why = static_cast<cause>(static_cast<int>(last_cause) + 1);
  CHECK(to_string(x.moves.back().why) == "unknown");
  CHECK_FALSE(decode_answer(encode_answer(x, time_point{1h})));
}
