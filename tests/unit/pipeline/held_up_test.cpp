// Promises to those that wait behind a statement that takes long: what may run elsewhere leaves, once, and is answered
// once; what may not stays.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A bench whose server is at "insert 1 a" for long.
struct held_up_bench : pipeline_bench {
  explicit held_up_bench(pool_options limits = default_limits(), std::shared_ptr<pace_book> pace = {})
    : pipeline_bench(std::move(limits), std::move(pace)) {
    db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
    slow = write("insert 1 a");
    drain();
  }
  std::vector<request_ptr> take() { return machine.take_held_up(now); }
  recorded slow;
};

/// A bench whose server has answered the first read of a block, and is at the second for long; a third is behind them.
struct half_read_bench : pipeline_bench {
  half_read_bench() {
    db.script().add({"select 2", fault_point::before, fault_kind::delay});
    one = read("select 1");
    two = read("select 2");
    drain();
    behind = read("select 3");
    drain();
    pass(20ms);
  }
  recorded one, two, behind;
};

} // namespace

TEST_CASE("a read behind a slow write leaves, and its late answer is dropped", "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.read("select 1");
  const auto c = b.read("select 2");
  b.drain();
  b.pass(20ms);
  auto back = b.take();
  REQUIRE(back.size() == 2);
  CHECK(b.machine.outstanding() == 1);
  CHECK(b.take().empty());
  b.db.release_delays();
  b.drain();
  CHECK(b.slow->is_done());
  CHECK(b.machine.idle());
  CHECK(a->answers == 0);
  back.front()->complete(reply{});
  CHECK(a->is_done());
  failure late;
  late.kind = outcome::not_executed;
  late.why = cause::deadline;
  back.back()->fail(std::move(late), b.now);
  REQUIRE(c->is(outcome::not_executed));
  CHECK(c->failed->proved == proof::read); // It was sent.
}

TEST_CASE("nothing leaves from behind what has only just got its turn", "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.read("select 1");
  b.drain();
  b.pass(9ms);
  CHECK(b.take().empty());
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
}

TEST_CASE("a write that was sent stays behind a slow one", "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.write("insert 2 b");
  const auto c = b.run_batch({"select 1", "select 2"}, access::read); // In a block beside writes, perhaps.
  b.drain();
  b.pass(20ms);
  CHECK(b.take().empty());
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
  CHECK(b.db.ledger().committed("insert 2 b") == 1);
}

TEST_CASE("what was not sent leaves, whatever it is", "[pipeline][held-up]") {
  auto limits = pipeline_bench::default_limits();
  limits.pipeline_depth = 1;
  held_up_bench b{limits};
  const auto a = b.write("insert 2 b");
  b.drain();
  b.pass(20ms);
  auto back = b.take();
  REQUIRE(back.size() == 1);
  CHECK(back.front()->attempts == 0);
  CHECK(b.db.ledger().executed("insert 2 b") == 0);
  back.front()->complete(reply{});
  CHECK(a->is_done());
}

TEST_CASE("a read leaves once, so that it may still outlive a lost connection", "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.read("select 1");
  b.drain();
  b.pass(20ms);
  auto back = b.take();
  REQUIRE(back.size() == 1);
  b.machine.submit(std::move(back.front()));
  b.drain();
  b.pass(20ms);
  CHECK(b.take().empty());
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(a->answers == 1);
}

TEST_CASE("a declared read that turned out to write does not leave", "[pipeline][held-up]") {
  pipeline_bench b;
  b.db.script().add({"select 1", fault_point::before, fault_kind::error, "25006"}); // In its READ ONLY block.
  b.link().hold();
  const auto a = b.read("select 1");
  const auto c = b.read("select 2");
  b.pump();
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto slow = b.write("insert 1 a");
  b.pump();
  b.link().release_all();
  b.drain(); // It goes again, alone, behind the write.
  b.pass(20ms);
  for (const auto& r : b.machine.take_held_up(b.now)) CHECK(r->statements().front().text != "select 1");
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(slow->is_done());
}

TEST_CASE("who is behind a block of reads leaves, although some of its answers are here", "[pipeline][held-up]") {
  half_read_bench b;
  CHECK(b.one->is_done());
  CHECK(b.two->answers == 0);
  auto back = b.machine.take_held_up(b.now);
  REQUIRE(back.size() == 1);
  back.front()->complete(reply{});
  b.db.release_delays();
  b.drain();
  CHECK(b.two->is_done());
  CHECK(b.behind->answers == 1);
}

TEST_CASE("a read that has left and takes long itself is cancelled at its deadline", "[pipeline][held-up]") {
  held_up_bench b;
  b.cancel_at_once = true;
  b.deadline = 1s;
  const auto a = b.read("select 1");
  b.drain();
  b.pass(20ms);
  auto back = b.take();
  REQUIRE(back.size() == 1);
  b.db.script().add({"select 1", fault_point::before, fault_kind::delay});
  b.db.release_delays();
  b.drain();
  b.pass_by_wakes(900ms);
  CHECK(b.cancels_wanted == 0); // What is behind it must not be struck for nothing.
  b.pass_by_wakes(100ms);
  CHECK(b.cancels_wanted == 1);
  CHECK(b.machine.idle());
  CHECK_FALSE(b.closed);
  back.front()->complete(reply{});
  CHECK(a->is_done());
}

TEST_CASE("a server that falls silent in front of reads that have left is noticed", "[pipeline][held-up]") {
  half_read_bench b;
  auto back = b.machine.take_held_up(b.now);
  REQUIRE(back.size() == 1);
  back.front()->complete(reply{});
  b.link().hold(); // The rows come, the COMMIT does not.
  b.db.release_delays();
  b.link().release(1);
  b.drain();
  CHECK(b.two->is_done());
  b.pass_by_wakes(b.default_limits().cancel_grace + 1s);
  CHECK(b.closed);
}

TEST_CASE("nobody leaves from behind what is being cancelled", "[pipeline][held-up]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  b.deadline = 1s;
  const auto slow = b.write("insert 1 a");
  b.drain();
  b.deadline = 30s;
  const auto a = b.read("select 1");
  b.drain();
  b.pass_by_wakes(1300ms);
  CHECK(slow->is(outcome::in_doubt));
  CHECK(b.cancels_wanted == 1);
  CHECK(b.machine.take_held_up(b.now).empty()); // Its turn comes soon.
  b.deliver_cancel();
  b.drain();
  CHECK(a->is_done());
}

TEST_CASE("a text that holds others up is not quick any more, before it has ended", "[pipeline][held-up]") {
  const auto pace = std::make_shared<pace_book>();
  for (const auto* text : {"insert 1 a", "select 1"}) pace->was_quick(pace_key_of(text));
  held_up_bench b{pipeline_bench::default_limits(), pace};
  const auto a = b.read("select 1");
  b.drain();
  b.pass(20ms);
  CHECK(pace->quick(pace_key_of("insert 1 a")));
  const auto back = b.take();
  REQUIRE(back.size() == 1);
  CHECK_FALSE(pace->quick(pace_key_of("insert 1 a")));
  CHECK(pace->quick(pace_key_of("select 1")));
  back.front()->complete(reply{});
  b.db.release_delays();
  b.drain();
}

TEST_CASE("the pool's watch may be ahead of the connection's: what has had half its time gives way",
          "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.read("select 1");
  b.drain();
  b.pass(19ms);
  const auto back = b.take();
  REQUIRE(back.size() == 1);
  back.front()->complete(reply{});
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
}
