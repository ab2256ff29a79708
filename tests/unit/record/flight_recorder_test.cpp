// What the flight recorder keeps, counts together and finds again.
#include "tests/support/catch.hpp"

#include "tripool/core/record/flight_recorder.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};

service_event event(event_kind kind, std::string pool, std::string text, duration after = 0s) {
  service_event x;
  x.kind = kind;
  x.pool = std::move(pool);
  x.text = std::move(text);
  x.at = start + after;
  return x;
}

} // namespace

TEST_CASE("the recorder keeps the last thousand events, under growing serials") {
  flight_recorder r;
  for (int i = 0; i < 1500; ++i) r.add(event(event_kind::health, "primary", std::to_string(i)));
  const auto all = r.events({});
  REQUIRE(all.size() == 1000);
  CHECK(all.front().serial == 501);
  CHECK(all.back().serial == 1500);
  CHECK(all.back().text == "1499");
  CHECK(r.last_serial() == 1500);
}

TEST_CASE("a storm of equal events is one event with a count") {
  flight_recorder r;
  for (int i = 0; i < 100; ++i) {
    r.add(event(event_kind::dial_failed, "primary", "refused", 50ms * i));
    r.add(event(event_kind::dial_failed, "backup", "refused", 50ms * i));
  }
  const auto all = r.events({});
  REQUIRE(all.size() == 2);
  CHECK(all[0].count == 100);
  CHECK(all[0].at == start);
  CHECK(all[0].last_at == start + 50ms * 99);
  r.add(event(event_kind::dial_failed, "primary", "refused", 1min));
  CHECK(r.events({}).size() == 3);
}

TEST_CASE("changes of state are never counted together") {
  flight_recorder r;
  r.add(event(event_kind::failover, "backup", "writes go to backup"));
  r.add(event(event_kind::failover, "backup", "writes go to backup"));
  CHECK(r.events({}).size() == 2);
}

TEST_CASE("events are found by pool, kind, request and serial") {
  flight_recorder r;
  r.add(event(event_kind::health, "primary", "a"));
  r.add(event(event_kind::trouble, "backup", "b"));
  auto doubt = event(event_kind::in_doubt, "primary", "c");
  doubt.request = 7;
  r.add(doubt);
  CHECK(r.events({.pool = "primary"}).size() == 2);
  CHECK(r.events({.kinds = mask_of(event_kind::trouble)}).size() == 1);
  CHECK(r.events({.request = 7}).size() == 1);
  CHECK(r.events({.after = 2}).size() == 1);
  CHECK(r.events({.after = 3}).empty());
  REQUIRE(r.events({.limit = 1}).size() == 1);
  CHECK(r.events({.limit = 1}).front().text == "c");
  CHECK(r.events({.limit = 0}).empty());
}

TEST_CASE("why a pool is in its state: its last change of health, and what came before it") {
  flight_recorder r;
  CHECK(r.why("primary").empty());
  r.add(event(event_kind::trouble, "primary", "long ago", 0s));
  r.add(event(event_kind::connection_lost, "primary", "lost", 10min));
  r.add(event(event_kind::dial_failed, "backup", "another's", 10min));
  r.add(event(event_kind::trouble, "primary", "silent", 10min + 1s));
  r.add(event(event_kind::health, "primary", "3 probes failed", 10min + 2s));
  r.add(event(event_kind::eviction, "primary", "afterwards", 10min + 3s));
  const auto x = r.why("primary");
  REQUIRE(x.size() == 3);
  CHECK(x[0].text == "lost");
  CHECK(x[1].text == "silent");
  CHECK(x[2].text == "3 probes failed");
}

TEST_CASE("what became of a request is found by its number, and long texts are cut at a character") {
  flight_recorder r{10, 3};
  for (std::uint64_t i = 1; i <= 5; ++i) {
    request_note n;
    n.request = i;
    n.what.message = std::string(flight_recorder::text_max - 1, 'x') + "\xC3\xA4";
    r.note(n);
  }
  CHECK(r.requests(1).empty());
  REQUIRE(r.requests(5).size() == 1);
  CHECK(r.requests(5).front().what.message == std::string(flight_recorder::text_max - 1, 'x'));
  CHECK(r.last_requests(2).size() == 2);
  CHECK(r.last_requests(99).size() == 3);
}

TEST_CASE("every kind of event has a name of its own, and is found by it") {
  for (std::size_t i = 0; i < event_kinds_count; ++i) {
    const auto kind = static_cast<event_kind>(i);
    CHECK(event_kind_of(to_string(kind)) == kind);
  }
  CHECK_FALSE(event_kind_of("nonsense"));
  auto x = event(event_kind::in_doubt, "primary", "lost");
  x.request = 9;
  x.count = 2;
  CHECK(to_string(x) == "info in_doubt primary request 9: lost (2 times)");
}
