// Streams on a real PostgreSQL: results of any size in bounded memory, back-pressure, and every way to end one.
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/memory.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/core/result/row.hpp"

#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

open_stream stream_of(std::string text, std::vector<parameter> parameters = {}) {
  open_stream x;
  x.what.text = std::move(text);
  x.what.parameters = std::move(parameters);
  x.what.mode = tripool::access::read;
  x.what.pool = "primary"; // where the tests look at its backend
  return x;
}

struct world {
  test_database home;
  running_instance on{home};
  std::optional<blocking_client> client{std::in_place, on.system(), on.delegate()};

  answer<stream_handle> open(open_stream x) { return client->ask<stream_handle>(on.delegate(), std::move(x)); }
  answer<rows_chunk> next(const stream_handle& s, std::uint32_t rows = 0) {
    return client->ask<rows_chunk>(s.to, fetch{rows, {}});
  }
  /// No backend of a stream is in a transaction any more.
  bool all_given_back() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
      const auto left = home.value("select count(*) from pg_stat_activity where datname = current_database() and "
                                   "pid <> pg_backend_pid() and state <> 'idle'");
      if (left == "0") return true;
    }
    return false;
  }
};

} // namespace

TEST_CASE("a stream gives all rows in order, and its connection back", "[stream]") {
  world w;
  auto s = w.open(stream_of("select i, $1::text from generate_series(1, $2) i", {"x", 2500}));
  REQUIRE(s);
  CHECK(s->backend_pid > 0);
  std::int32_t seen = 0;
  for (bool last = false; !last;) {
    auto chunk = w.next(*s, 1000);
    REQUIRE(chunk);
    CHECK(chunk->rows.size() <= 1000);
    for (const auto row : chunk->rows) CHECK(row.get<std::int32_t>(0).value() == ++seen);
    last = chunk->last;
  }
  CHECK(seen == 2500);
  const auto after = w.next(*s);
  REQUIRE(!after);
  CHECK(after.error().sqlstate == "25000");
  CHECK(w.all_given_back());
  // Nothing at all is a stream of one empty chunk.
  auto none = w.open(stream_of("select 1 where false"));
  REQUIRE(none);
  auto chunk = w.next(*none);
  REQUIRE(chunk);
  CHECK(chunk->last);
  CHECK(chunk->rows.empty());
}

TEST_CASE("10 million rows pass through a consumer in less than 100 MB", "[stream]") {
  world w;
  REQUIRE(w.client->execute(statement{"select 1"}));
  reset_peak();
  const auto before = resident_bytes("VmRSS");
  auto s = w.open(stream_of("select i, i * 2 from (select generate_series(1, 10000000) i) rows"));
  REQUIRE(s);
  std::int64_t count = 0, sum = 0;
  for (bool last = false; !last;) {
    auto chunk = w.next(*s, 20'000);
    REQUIRE(chunk);
    for (const auto row : chunk->rows) sum += row.get<std::int32_t>(0).value();
    count += static_cast<std::int64_t>(chunk->rows.size());
    last = chunk->last;
  }
  CHECK(count == 10'000'000);
  CHECK(sum == std::int64_t{10'000'000} * 10'000'001 / 2);
  // Alone, this process takes 40 MB before it begins; after other tests more.
  INFO(before << " bytes before, " << resident_bytes("VmHWM") << " bytes at most");
  if (memory_can_be_measured) CHECK(resident_bytes("VmHWM") < before + 40'000'000);
}

TEST_CASE("a consumer that takes its time holds two chunks, not the stream", "[stream]") {
  world w;
  auto s = w.open(stream_of("select repeat('x', 10000) from (select generate_series(1, 1000000)) rows"));
  REQUIRE(s);
  for (int i = 0; i < 3; ++i) REQUIRE(w.next(*s, 500));
  const auto before = resident_bytes("VmRSS");
  // What it has not asked for is not even computed: the server waits.
  const auto pid = std::to_string(s->backend_pid);
  const auto waits = "select count(*) from pg_stat_activity where pid = " + pid + " and state = 'idle in transaction'";
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (w.home.value(waits) != "1" && std::chrono::steady_clock::now() < end) {}
  CHECK(w.home.value(waits) == "1");
  if (memory_can_be_measured) CHECK(resident_bytes("VmRSS") < before + 8'000'000);
  REQUIRE(!w.client->tell(s->to, close_stream{}));
  CHECK(w.all_given_back());
}

TEST_CASE("a stream ends cleanly in the middle: closed, dropped, its consumer dead", "[stream]") {
  world w;
  const std::string endless = "select i, pg_sleep(0.001) from (select generate_series(1, 100000000) i) rows";
  auto s = w.open(stream_of(endless));
  REQUIRE(s);
  REQUIRE(w.next(*s, 10)); // the one ahead runs
  SECTION("closed") {
    CHECK_FALSE(w.client->tell(s->to, close_stream{}));
    CHECK_FALSE(w.client->tell(s->to, close_stream{})); // twice is no harm
    CHECK(w.next(*s).error().sqlstate == "25000");
  }
  SECTION("dropped") {
    *s = stream_handle{};
  }
  SECTION("dead") {
    w.client.emplace(w.on.system(), w.on.delegate());
  }
  CHECK(w.all_given_back());
  CHECK(w.client->execute(statement{"select 1"}));
}

TEST_CASE("an error, a deadline and a killed backend end a stream with what happened", "[stream]") {
  world w;
  auto s = w.open(stream_of("select 10 / (5000 - i) from generate_series(1, 9000) i"));
  REQUIRE(s);
  answer<rows_chunk> chunk = w.next(*s, 1000);
  while (chunk && !chunk->last) chunk = w.next(*s);
  REQUIRE(!chunk);
  CHECK(chunk.error().sqlstate == "22012");
  CHECK(w.next(*s).error().sqlstate == "22012");

  auto slow = w.open(stream_of("select pg_sleep(60)"));
  REQUIRE(slow);
  chunk = w.client->ask<rows_chunk>(slow->to, fetch{1, 200ms});
  REQUIRE(!chunk);
  CHECK(chunk.error().why == cause::deadline);

  auto killed = w.open(stream_of("select generate_series(1, 100000)"));
  REQUIRE(killed);
  REQUIRE(w.next(*killed, 10));
  w.home.value("select pg_terminate_backend(" + std::to_string(killed->backend_pid) + ")");
  chunk = w.next(*killed);
  while (chunk && !chunk->last) chunk = w.next(*killed);
  REQUIRE(!chunk);
  CHECK(chunk.error().kind == outcome::not_executed);
  CHECK(w.all_given_back());
}

TEST_CASE("what cannot be a stream is refused, and so is nonsense on one", "[stream]") {
  world w;
  const auto refused = [&](std::string text) {
    auto x = w.open(stream_of(std::move(text)));
    return x ? std::string{"opened"} : x.error().sqlstate;
  };
  open_stream insert;
  insert.what.text = "insert into t values (1) returning 1";
  auto x = w.open(insert);
  REQUIRE(!x);
  CHECK(x.error().sqlstate == "0A000");
  CHECK_FALSE(x.error().hint.empty());
  CHECK(refused("select * from missing") == "42P01");
  CHECK(refused("select $1") == "08P01");
  CHECK(refused(std::string{"select '\0'", 10}) == "22021");
  auto s = w.open(stream_of("select generate_series(1, 100)"));
  REQUIRE(s);
  CHECK(w.next(*s, 100'001).error().sqlstate == "22023");
  CHECK(w.next(*s, 10)); // unharmed
}

TEST_CASE("what a stream's functions write is committed with its last chunk", "[stream]") {
  world w;
  REQUIRE(w.client->execute(statement{"create table log (i int)"}));
  REQUIRE(w.client->execute(statement{"create function note(i int) returns int language sql as "
                                      "'insert into log values (i) returning i'"}));
  auto x = stream_of("select note(i) from generate_series(1, 300) i");
  x.what.mode = tripool::access::write;
  auto s = w.open(x);
  REQUIRE(s);
  auto chunk = w.next(*s, 100);
  while (chunk && !chunk->last) {
    CHECK(w.home.value("select count(*) from log") == "0");
    chunk = w.next(*s);
  }
  REQUIRE(chunk);
  CHECK(w.home.value("select count(*) from log") == "300");
}
