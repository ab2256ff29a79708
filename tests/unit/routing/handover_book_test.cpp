// Promises of the book of handovers: what nobody opens in time is answered by the book, once; what is opened, answered
// or lost meanwhile is not its business.
#include "tripool/core/routing/handover_book.hpp"

#include "tripool/core/retry/retry_policy.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point handover_time{1h};
constexpr duration late = 100ms;

/// Numbered, as the delegate numbers them.
moved_request numbered(duration time_left, bool repeatable = false, urgency priority = urgency::normal) {
  static std::uint64_t last = 0;
  statement s;
  s.text = "select 1";
  s.mode = tripool::access::write;
  s.repeatable = repeatable;
  s.priority = priority;
  moved_request out{make_recorded(s, handover_time, handover_time + time_left).first, {}};
  out.what->set_id(++last);
  return out;
}

/// Lets the callers go, so that nothing stays owed at the end of a test.
void answer_all(const std::vector<moved_request>& all) {
  for (const auto& x : all)
    if (!x.what->answered()) x.what->fail(x.why, handover_time);
}

} // namespace

TEST_CASE("handovers: what nobody opens is answered when its time is over", "[routing][handover]") {
  handover_book book{100, late};
  CHECK_FALSE(book.next_wake());
  const std::vector all{numbered(3s), numbered(1s), numbered(2s)};
  CHECK(book.handed(all[0], handover_time)); // The first of all: somebody has to look from now on.
  CHECK(book.handed(all[1], handover_time)); // Sooner than that.
  CHECK_FALSE(book.handed(all[2], handover_time));
  CHECK(book.next_wake() == handover_time + 1s - move_margin + late);
  CHECK(book.expire(handover_time + 1s).empty());
  const auto over = book.expire(handover_time + 1s - move_margin + late);
  REQUIRE(over.size() == 1);
  CHECK(over[0].what == all[1].what);
  CHECK(over[0].why.kind == outcome::not_executed);
  CHECK(over[0].why.why == cause::deadline);
  CHECK(over[0].why.message.find("silent") != std::string::npos);
  CHECK(book.next_wake() == handover_time + 2s - move_margin + late);
  answer_all(over);
  CHECK(book.expire(handover_time + 1h).size() == 2);
  CHECK(book.size() == 0);
  CHECK_FALSE(book.next_wake());
  answer_all(all);
}

TEST_CASE("handovers: what was opened is its receiver's business", "[routing][handover]") {
  handover_book book{100, late};
  const std::vector all{numbered(1s), numbered(2s)};
  for (const auto& x : all) book.handed(x, handover_time);
  book.opened(*all[0].what);
  const auto over = book.expire(handover_time + 10s);
  REQUIRE(over.size() == 1);
  CHECK(over[0].what == all[1].what);
  book.handed(all[0], handover_time);
  book.opened(*all[0].what);
  CHECK_FALSE(book.next_wake());
  answer_all(all);
}

TEST_CASE("handovers: what was answered on its way is not answered again", "[routing][handover]") {
  handover_book book{100, late};
  const auto x = numbered(1s);
  book.handed(x, handover_time);
  answer_all({x});
  CHECK(book.expire(handover_time + 10s).empty());
  CHECK(book.size() == 0);
  CHECK_FALSE(book.handed(x, handover_time));
  CHECK(book.size() == 0);
}

TEST_CASE("handovers: a request is not kept alive, and those of lost messages are forgotten", "[routing][handover]") {
  handover_book book{100, late};
  for (int i = 0; i < 1000; ++i) {
    auto x = numbered(1h);
    book.handed(x, handover_time);
    answer_all({x});
  }
  CHECK(book.size() <= 64);
  CHECK(book.expire(handover_time + 2h).empty());
  CHECK(book.size() == 0);
}

TEST_CASE("handovers: an answer that was lost before stays in doubt", "[routing][handover]") {
  handover_book book{100, late};
  auto lost = numbered(1s, true);
  lost.why.kind = outcome::in_doubt;
  lost.why.why = cause::connection_lost;
  lost.why.pool = "primary";
  lost.why.message = "the server closed the connection";
  book.handed(lost, handover_time);
  auto doubted = numbered(1s, true);
  failure before = lost.why;
  record_move(*doubted.what, "primary", 0, before);
  book.handed(doubted, handover_time);
  const auto over = book.expire(handover_time + 10s);
  REQUIRE(over.size() == 2);
  for (const auto& x : over) CHECK(x.why.kind == outcome::in_doubt);
  for (const auto& x : over) CHECK(x.why.pool == (x.what == lost.what ? "primary" : ""));
  for (const auto& x : over)
    if (x.what == lost.what) CHECK(x.why.message.find("the server closed the connection") != std::string::npos);
  answer_all(over);
}

TEST_CASE("handovers: a monitor that is behind is handed whatever comes, and one that is stuck no more than fit",
          "[routing][handover]") {
  handover_book book{3, late};
  std::vector<moved_request> all;
  all.push_back(numbered(30s, false, urgency::low));
  for (int i = 0; i < 4; ++i) all.push_back(numbered(30s));
  all.push_back(numbered(30s, false, urgency::high));
  for (const auto& x : all) book.handed(x, handover_time);
  CHECK(book.size() == 6);
  CHECK(book.next_wake() == handover_time + late);
  CHECK(book.expire(handover_time + late).empty()); // The whole process may have slept.
  CHECK(book.next_wake() == handover_time + 2 * late);
  CHECK(book.expire(handover_time + 2 * late - 1ms).empty());
  const auto over = book.expire(handover_time + 2 * late);
  REQUIRE(over.size() == 3);
  CHECK(over[0].what == all[3].what); // Behind the urgent one and the first two.
  CHECK(over[1].what == all[4].what);
  CHECK(over[2].what == all[0].what); // The least urgent one, though it came first.
  for (const auto& x : over) {
    CHECK(x.why.kind == outcome::not_executed);
    CHECK(x.why.why == cause::queue_full);
    CHECK(x.why.message.find("3 requests wait") != std::string::npos);
  }
  CHECK(book.size() == 3);
  // It is stuck still: one more is one too many at once.
  auto more = numbered(30s);
  CHECK(book.handed(more, handover_time + 1s));
  CHECK(book.expire(handover_time + 1s).size() == 1);
  // It opens something: it was only behind.
  book.opened(*all[1].what);
  const std::vector later{numbered(30s), numbered(30s)};
  for (const auto& x : later) book.handed(x, handover_time + 1s);
  CHECK(book.expire(handover_time + 1s).empty());
  CHECK(book.size() == 4);
  for (const auto& x : later) book.opened(*x.what);
  answer_all(later);
  for (const auto& x : all) book.opened(*x.what);
  CHECK_FALSE(book.next_wake());
  answer_all(all);
  answer_all({more});
}

TEST_CASE("handovers: an opened message does not make the others old", "[routing][handover]") {
  handover_book book{1, late};
  const auto first = numbered(30s);
  const std::vector later{numbered(30s), numbered(30s)};
  book.handed(first, handover_time);
  for (const auto& x : later) book.handed(x, handover_time + 1s);
  book.opened(*first.what);
  CHECK(book.expire(handover_time + 1s).empty());
  CHECK(book.expire(handover_time + 1s + late).empty());
  CHECK(book.size() == 2);
  answer_all(later);
  answer_all({first});
}

TEST_CASE("handovers: without any room a stuck monitor is left nothing", "[routing][handover]") {
  handover_book book{0, late};
  const auto x = numbered(30s);
  book.handed(x, handover_time);
  CHECK(book.expire(handover_time + late).empty());
  const auto over = book.expire(handover_time + 2 * late);
  CHECK(over.size() == 1);
  CHECK_FALSE(book.next_wake());
  answer_all(over);
}

TEST_CASE("handovers: what its caller takes back need not be opened, unless it may have run", "[routing][handover]") {
  handover_book book{100, late};
  const auto kept = numbered(30s);
  const auto cancelled = numbered(30s);
  auto doubtful = numbered(30s, true);
  doubtful.why.kind = outcome::in_doubt;
  for (const auto& x : {cancelled, doubtful}) {
    x.what->cancellation = std::make_shared<cancel_ticket>();
    x.what->cancellation->want();
  }
  for (const auto& x : {kept, cancelled, doubtful}) book.handed(x, handover_time);
  const auto back = book.take_cancelled();
  REQUIRE(back.size() == 1);
  CHECK(back[0].what == cancelled.what);
  CHECK(back[0].why.kind == outcome::not_executed);
  CHECK(back[0].why.why == cause::cancelled);
  CHECK(book.size() == 2);
  answer_all({kept, cancelled, doubtful});
}

TEST_CASE("handovers: a suspicion that outlives those for whom it arose brings no look without end",
          "[routing][handover]") {
  handover_book book{1, late};
  const std::vector first{numbered(500ms), numbered(500ms)};
  for (const auto& x : first) book.handed(x, handover_time);
  CHECK(book.expire(handover_time + late).empty());
  const auto over = book.expire(handover_time + 1s);
  CHECK(over.size() == 2);
  const std::vector second{numbered(30s), numbered(30s)};
  for (const auto& x : second) book.handed(x, handover_time + 10s);
  CHECK(book.expire(handover_time + 10s).empty());
  CHECK(book.next_wake() == handover_time + 10s + late);
  CHECK(book.expire(handover_time + 10s + late).size() == 1); // It has opened nothing since.
  answer_all(first);
  answer_all(second);
}
