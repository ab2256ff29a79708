// How much leaves together, what is kept prepared, and when a connection is looked at before it is trusted.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("behind a pooler one Sync at a time is on the wire, and nothing is prepared", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.prepared_statements = false;
  limits.frame_max = 2;
  pipeline_bench b{limits};
  std::vector<recorded> all;
  for (int i = 0; i < 6; ++i) all.push_back(b.write("insert k" + std::to_string(i % 2) + " v"));
  b.link().hold();
  b.pump();
  b.pump();
  CHECK(b.db.ledger().entries().size() == 2); // The first frame's; its answer is awaited.
  b.link().release_all();
  b.drain();
  for (const auto& x : all) CHECK(x->is_done());
  CHECK(b.backend().prepared_statements() == 0);
}

TEST_CASE("no more than the pipeline's depth is on the wire", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.pipeline_depth = 5;
  limits.frame_max = 2;
  pipeline_bench b{limits};
  std::vector<recorded> all;
  for (int i = 0; i < 8; ++i) all.push_back(b.write("insert $1 x", {i}));
  b.pump();
  CHECK(b.db.store().log().size() == 5);
  CHECK(b.machine.outstanding() == 8);
  b.drain();
  for (const auto& x : all) CHECK(x->is_done());
  CHECK(b.machine.outstanding() == 0);
  CHECK(b.machine.idle());
}

TEST_CASE("reads go deeper than the pipeline's depth, and share one Sync", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.pipeline_depth = 3;
  limits.frame_max = 2;
  limits.read_depth = 8;
  pipeline_bench b{limits};
  std::vector<recorded> all;
  for (int i = 0; i < 9; ++i) all.push_back(b.read("select $1", {i}));
  b.pump();
  CHECK(b.db.traffic().reads == 8);
  CHECK(b.db.traffic().shared == 1);
  b.drain();
  for (const auto& x : all) CHECK(x->is_done());
}

TEST_CASE("reads on the wire keep no write off it, and no more writes are there than the depth", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.pipeline_depth = 3;
  limits.read_depth = 8;
  pipeline_bench b{limits};
  std::vector<recorded> all;
  b.link().hold();
  for (int i = 0; i < 6; ++i) all.push_back(b.read("select $1", {i}));
  b.pump();
  for (int i = 0; i < 5; ++i) all.push_back(b.write("insert $1 x", {i}));
  b.pump();
  b.pump();
  CHECK(b.db.store().log().size() == 3);
  b.link().release_all();
  b.drain();
  for (const auto& x : all) CHECK(x->is_done());
  CHECK(b.db.store().log().size() == 5);
}

TEST_CASE("one request at a time, or one behind a Sync, means reads, too", "[pipeline]") {
  pool_options x;
  CHECK(x.depth_for_reads() == 256);
  CHECK(x.frame_for_reads() == 256);
  x.frame_max = 1;
  CHECK(x.frame_for_reads() == 1);
  x.pipeline_depth = 1;
  CHECK(x.depth_for_reads() == 1);
  x.pipeline_depth = 512;
  CHECK(x.depth_for_reads() == 512);
}

TEST_CASE("no more stand behind one Sync than a frame holds: the answers of earlier frames are out", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.frame_max = 4;
  pipeline_bench b{limits};
  b.db.script().add({"insert 6 x", fault_point::before, fault_kind::lose});
  std::vector<recorded> all;
  for (int i = 0; i < 12; ++i) all.push_back(b.write("insert $1 x", {i}));
  b.drain();
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i]->is(i < 4 ? outcome::done : outcome::in_doubt));
  CHECK(b.db.store().log().size() == 6);
}

TEST_CASE("names whose closing was skipped in a failed block are closed later", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 2;
  pipeline_bench b{limits};
  for (const auto* text : {"select 1", "select 1", "select 2", "select 2"}) {
    b.read(text);
    b.drain();
  }
  CHECK(b.backend().prepared_statements() == 2);
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "23505"});
  b.link().hold();
  b.write("insert 1 a"), b.write("insert 2 b"); // These texts evict the two above.
  b.pump();
  b.write("insert 3 c"); // Sent behind the closing of the evicted, in the failed block.
  b.pump();
  b.link().release_all();
  b.drain();
  for (int i = 0; i < 3; ++i) { // Evicts, prepares, closes what is left to close.
    b.write("noop");
    b.drain();
  }
  CHECK(b.backend().prepared_statements() == b.machine.statements().prepared() + 3);
}

TEST_CASE("reads leave in front of the writes that wait with them, with a Sync of their own", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::delay});
  const auto w = b.write("insert 1 a"), r = b.read("select 1");
  b.drain();
  CHECK(w->answers == 0);
  CHECK(r->is_done());
  CHECK(b.db.traffic().alone == 1);
  b.db.release_delays();
  b.drain();
  CHECK(w->is_done());
  CHECK(b.db.traffic().alone == 2); // The server keeps answers back until the Sync.
}

TEST_CASE("behind a pooler a write is overtaken once, whatever reads come", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.prepared_statements = false;
  limits.frame_max = 2;
  pipeline_bench b{limits};
  const auto w = b.write("insert 1 a");
  for (int i = 0; i < 4; ++i) { // One Sync is on the wire at a time: what is left waits for its answer.
    for (int k = 0; k < 2; ++k) b.read("select 1");
    b.pump();
    b.deliver();
  }
  CHECK(w->is_done());
}

TEST_CASE("a text is prepared at its second use, and evicted texts are closed on the server", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 2;
  pipeline_bench b{limits};
  const auto use = [&](const char* text) {
    const auto a = b.read(text);
    b.drain();
    CHECK(a->is_done());
  };
  use("select 1");
  CHECK(b.backend().prepared_statements() == 0);
  use("select 1");
  CHECK(b.backend().prepared_statements() == 1);
  use("select 1");
  CHECK(b.machine.statements().hits() == 1);
  use("select 2");
  use("select 2");
  CHECK(b.backend().prepared_statements() == 2);
  use("select 3"); // The least recently used leaves.
  use("select 3");
  use("select 3");
  CHECK(b.backend().prepared_statements() == 2);
  CHECK(b.machine.statements().prepared() == 2);
}

TEST_CASE("a cache of no size prepares nothing", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 0;
  pipeline_bench b{limits};
  for (int i = 0; i < 3; ++i) {
    const auto a = b.write("insert 1 a"), c = b.read("select 1");
    b.drain();
    CHECK(a->is_done());
    CHECK(c->is_done());
  }
  CHECK(b.backend().prepared_statements() == 0);
}

TEST_CASE("a statement whose preparation fails is rejected, and prepared again at its next use", "[pipeline]") {
  pipeline_bench b;
  b.read("select 1");
  b.drain();
  b.db.script().add({"select 1", fault_point::parse, fault_kind::error, "42P01"});
  const auto a = b.read("select 1");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->sqlstate == "42P01");
  const auto c = b.read("select 1");
  b.drain();
  CHECK(c->is_done());
  CHECK(b.backend().prepared_statements() == 1);
}

TEST_CASE("after an idle time the connection is validated before it is trusted with a request", "[pipeline]") {
  pipeline_bench b;
  b.write("insert 0 z");
  b.drain();
  b.pass(5s);
  b.link().hold();
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(b.db.ledger().executed("insert 1 a") == 0);
  CHECK(b.machine.next_wake() == b.now + 1s);
  b.link().release_all();
  b.drain();
  CHECK(a->is_done());
}

TEST_CASE("a connection that died while idle costs a request nothing: it did not run", "[pipeline]") {
  pipeline_bench b;
  b.write("insert 0 z");
  b.drain();
  b.pass(5s);
  b.db.hang();
  const auto a = b.write("insert 1 a");
  b.drain();
  b.pass_by_wakes(2s);
  CHECK(b.closed);
  CHECK(a->is(outcome::not_executed));
  CHECK(a->failed->why == cause::connection_lost);
}

TEST_CASE("while writing is blocked nothing more is handed over", "[pipeline]") {
  pipeline_bench b;
  b.link().block_writes(true);
  const auto a = b.write("insert 1 a");
  b.drain();
  const auto unwritten = b.link().unwritten();
  const auto c = b.write("insert 2 b");
  b.drain();
  CHECK(b.link().unwritten() == unwritten);
  b.link().block_writes(false);
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
}

TEST_CASE("the text at the head is known while it runs", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::delay});
  b.db.set_eager_replies(true);
  CHECK(b.machine.current_text().empty());
  const auto a = b.run_batch({"insert 1 a", "insert 2 b"});
  b.drain();
  CHECK(b.machine.current_text() == "insert 2 b");
  b.db.release_delays();
  b.drain();
  CHECK(a->is_done());
  CHECK(b.machine.current_text().empty());
}

TEST_CASE("answers out of step with what was sent close the connection", "[pipeline]") {
  pipeline_bench b;
  wire_result stray;
  b.machine.on_result(std::move(stray), b.now);
  b.pass(0s);
  CHECK(b.closed);
}
