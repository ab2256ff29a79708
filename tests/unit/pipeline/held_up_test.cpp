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
  explicit held_up_bench(pool_options limits = default_limits()) : pipeline_bench(std::move(limits)) {
    db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
    slow = write("insert 1 a");
    drain();
  }
  std::vector<request_ptr> take() { return machine.take_held_up(now); }
  recorded slow;
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
  b.pass(19ms);
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

TEST_CASE("a read leaves as often as it may be sent, and then stays", "[pipeline][held-up]") {
  held_up_bench b;
  const auto a = b.read("select 1");
  for (std::size_t i = 1; i < attempts_max; ++i) {
    b.drain();
    b.pass(20ms);
    auto back = b.take();
    REQUIRE(back.size() == 1);
    b.machine.submit(std::move(back.front()));
  }
  b.drain();
  b.pass(20ms);
  CHECK(b.take().empty());
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(a->answers == 1);
}

TEST_CASE("a read that has left and takes long itself when its turn comes is cancelled", "[pipeline][held-up]") {
  held_up_bench b;
  b.cancel_at_once = true;
  const auto a = b.read("select 1");
  b.drain();
  b.pass(20ms);
  auto back = b.take();
  REQUIRE(back.size() == 1);
  b.db.script().add({"select 1", fault_point::before, fault_kind::delay});
  b.db.release_delays();
  b.drain();
  CHECK(b.cancels_wanted == 0);
  b.pass_by_wakes(30ms);
  CHECK(b.cancels_wanted == 1);
  CHECK(b.machine.idle());
  CHECK_FALSE(b.closed);
  back.front()->complete(reply{});
  CHECK(a->is_done());
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
