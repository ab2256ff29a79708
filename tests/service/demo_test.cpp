// The demonstration's own account: that it would find a loss, a repetition, a phantom and a torn transaction, and that
// its figures are right. Without servers.
#include "tests/support/catch.hpp"

#include "service/demo/audit.hpp"
#include "service/demo/display.hpp"
#include "service/demo/incident.hpp"
#include "service/demo/ledger.hpp"
#include "service/demo/summary.hpp"
#include "service/demo/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

using namespace tripool;
using namespace tripool::demo;
using namespace std::chrono_literals;

namespace {

constexpr auto write_kind = request_kind::write;
constexpr auto batch_kind = request_kind::batch;

verdict judge_one(const stored_request& asked, std::vector<found_order> found) {
  return judge(std::array{asked}, found);
}

bool is_broken(const closing& x) {
  const auto all = checks_of(x);
  return !std::all_of(all.begin(), all.end(), [](const check& c) { return c.held; });
}

/// An account in which every promise was kept.
closing good_closing() {
  closing x;
  x.sums.sent = {2, 1, 0};
  x.sums.ended = {3, 0, 0, 0};
  x.sums.read_elsewhere = time_point{} + 1s;
  x.sums.write_after_promotion = time_point{} + 2s;
  x.found.acknowledged = 1;
  x.survivor = "node1";
  x.survivor_port = 5433;
  x.held.port = 5433;
  return x;
}

} // namespace

TEST_CASE("the audit passes what is as it was answered") {
  const std::array<stored_request, 6> asked{{{1, write_kind, outcome::done},
                                             {2, batch_kind, outcome::done},
                                             {3, write_kind, outcome::not_executed},
                                             {4, batch_kind, outcome::rejected},
                                             {5, batch_kind, outcome::in_doubt},
                                             {6, write_kind, outcome::in_doubt}}};
  const std::array<found_order, 3> found{{{1, 1, 0}, {2, 1, 1}, {5, 1, 1}}};
  const auto v = judge(asked, found);
  CHECK(v.holds());
  CHECK(v.acknowledged == 2);
  CHECK(v.refused == 2);
  CHECK(v.doubtful_applied == 1);
  CHECK(v.doubtful_void == 1);
  CHECK(v.examples.empty());
}

TEST_CASE("the audit finds an acknowledged write that is not there") {
  const auto v = judge_one({7, write_kind, outcome::done}, {});
  CHECK(v.lost == 1);
  CHECK_FALSE(v.holds());
  CHECK(v.examples == std::vector<std::int64_t>{7});
}

TEST_CASE("the audit finds what is there twice, whatever was answered") {
  for (const auto how : {outcome::done, outcome::in_doubt}) {
    CHECK(judge_one({7, write_kind, how}, {{7, 2, 0}}).duplicates == 1);
    CHECK(judge_one({7, batch_kind, how}, {{7, 2, 2}}).duplicates == 1);
    CHECK(judge_one({7, batch_kind, how}, {{7, 1, 2}}).duplicates == 1);
  }
}

TEST_CASE("the audit finds what was reported as not executed or rejected and is there") {
  CHECK(judge_one({7, write_kind, outcome::not_executed}, {{7, 1, 0}}).phantoms == 1);
  CHECK(judge_one({7, batch_kind, outcome::rejected}, {{7, 1, 1}}).phantoms == 1);
}

TEST_CASE("the audit finds a transaction of which only a part is there") {
  for (const auto how : {outcome::done, outcome::in_doubt}) {
    CHECK(judge_one({7, batch_kind, how}, {{7, 1, 0}}).torn == 1);
    CHECK(judge_one({7, batch_kind, how}, {{7, 0, 1}}).torn == 1);
  }
}

TEST_CASE("the audit finds rows that nobody asked for, and requests without an answer") {
  CHECK(judge_one({7, write_kind, outcome::done}, {{7, 1, 0}, {8, 1, 0}}).strangers == 1);
  CHECK(judge_one({7, write_kind, std::nullopt}, {}).unanswered == 1);
}

TEST_CASE("the ledger counts requests, answers, and those that are late") {
  const time_point t0{};
  ledger books{t0};
  const auto read = books.begin(request_kind::read, 2s, t0);
  const auto write = books.begin(write_kind, 5s, t0);
  const auto batch = books.begin(batch_kind, 5s, t0);
  CHECK(read.key == 0);
  CHECK(write.key == first_key);
  CHECK(batch.key == first_key + 1);
  books.read_done(read, 5432, true, t0 + 2500ms);
  books.write_done(write, t0 + 5501ms);
  failure f;
  f.kind = outcome::in_doubt;
  f.why = cause::connection_lost;
  books.failed(batch, f, t0 + 10ms);
  const auto s = books.sums();
  CHECK(s.sent_in_all() == 3);
  CHECK(s.ended_in_all() == 3);
  CHECK(s.ended_as(outcome::done) == 2);
  CHECK(s.ended_as(outcome::in_doubt) == 1);
  CHECK(s.late == 1);
  CHECK(s.slowest_write == 5501ms);
  CHECK(s.reasons.at("in_doubt: connection_lost").count == 1);
  const auto stored = books.stored();
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].end == outcome::done);
  CHECK(stored[1].end == outcome::in_doubt);
}

TEST_CASE("the ledger finds the longest time without an acknowledged write, at the ends too") {
  const time_point t0{};
  ledger books{t0};
  const auto write_at = [&](duration x) { books.write_done(books.begin(write_kind, 5s, t0 + x), t0 + x); };
  write_at(1s);
  write_at(2s);
  write_at(4500ms);
  CHECK(books.sums().without_write.length == 2500ms);
  CHECK(books.sums().without_write.from == t0 + 2s);
  books.close(t0 + 10s);
  CHECK(books.sums().without_write.length == 5500ms);
}

TEST_CASE("the ledger knows who answered first after the crash and after the promotion") {
  const time_point t0{};
  ledger books{t0};
  const auto read_at = [&](std::uint16_t port, duration x) {
    books.read_done(books.begin(request_kind::read, 2s, t0 + x), port, true, t0 + x);
  };
  const auto write_at = [&](duration x) { books.write_done(books.begin(write_kind, 5s, t0 + x), t0 + x); };
  read_at(2, 1s);
  write_at(1s);
  books.crashed(1);
  read_at(1, 2s); // Its answer was on the way.
  write_at(2s);
  CHECK_FALSE(books.sums().read_elsewhere);
  CHECK_FALSE(books.sums().write_after_promotion);
  read_at(2, 3s);
  books.promoted();
  write_at(4s);
  CHECK(books.sums().read_elsewhere == t0 + 3s);
  CHECK(books.sums().write_after_promotion == t0 + 4s);
}

TEST_CASE("the summary calls any broken promise by its name") {
  CHECK_FALSE(is_broken(good_closing()));
  CHECK(summarize(good_closing()).back() == "Result: the primary died, and nothing was lost.");
  std::vector<closing> bad(9, good_closing());
  bad[0].found.lost = 1;
  bad[1].found.duplicates = 1;
  bad[2].found.phantoms = 1;
  bad[3].found.torn = 1;
  bad[4].held.sales_disagreeing = 1;
  bad[5].sums.late = 1;
  bad[6].sums.ended[0] = 2;
  bad[7].sums.wrong_reads = 1;
  bad[8].held.port = 5432;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    INFO(i);
    CHECK(is_broken(bad[i]));
    CHECK(summarize(bad[i]).back() == "Result: a promise was BROKEN.");
  }
}

TEST_CASE("events are written in the order of their times") {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};
  REQUIRE(file);
  {
    display out{file.get()};
    const time_point t0{};
    out.begin(t0);
    out.event(t0 + 2s, "second");
    out.event(t0 + 1s, "first");
    out.settle(t0 + 1500ms);
    out.event(t0 + 3s, "third");
    out.line("a line");
  }
  std::array<char, 200> text{};
  std::rewind(file.get());
  const auto n = std::fread(text.data(), 1, text.size(), file.get());
  CHECK(std::string(text.data(), n) == "  1.00 s * first\n  2.00 s * second\n  3.00 s * third\na line\n");
}

TEST_CASE("positions in the log are read as PostgreSQL writes them") {
  CHECK(parse_wal_position("0/1D36078") == 0x1D36078u);
  CHECK(parse_wal_position("16/B374D848") == 0x16B374D848u);
  for (const char* bad : {"", "0", "/", "0/", "x/1", "0/1 "}) CHECK_FALSE(parse_wal_position(bad));
}

TEST_CASE("numbers and times are written for people") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(length_text(800us) == "0.8 ms");
  CHECK(length_text(340ms) == "340 ms");
  CHECK(length_text(1420ms) == "1.42 s");
  CHECK(counted(1, "row") == "1 row");
  CHECK(counted(0, "row") == "0 rows");
  CHECK(wrapped("one two three", 2, 7) == "one two\n  three");
  CHECK(wrapped("abcdefghij", 1, 5) == "abcde\n fghi\n j");
}
