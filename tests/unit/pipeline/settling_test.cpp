// When a caller may be told "done", and how statements that share a Sync are kept apart.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;

TEST_CASE("a lone write has its own Sync and no transaction block", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.write("insert 1 x");
  b.drain();
  CHECK(a->is_done());
  CHECK(a->done->results.at(0).command_tag() == "INSERT 0 1");
  CHECK(b.db.store().log().size() == 1);
  CHECK(b.backend().prepared_statements() == 0);
}

TEST_CASE("a lone write is done only at its Sync", "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  b.link().hold();
  const auto a = b.write("insert 1 x");
  b.drain();
  b.link().release(1);
  b.drain();
  CHECK(a->answers == 0);
  b.link().release(1);
  b.drain();
  CHECK(a->is_done());
}

TEST_CASE("a lone read that writes after all is done only at its Sync", "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  b.db.script().add({"select put 1 x", fault_point::before_commit, fault_kind::error, "23505"});
  const auto a = b.read("select put 1 x");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(b.db.store().at("1").empty());
}

TEST_CASE("writes that leave together are transactions of their own", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.write("insert 1 x");
  const auto c = b.write("insert 2 y");
  const auto d = b.write("insert 3 z");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is_done());
  CHECK(d->is_done());
  CHECK(b.db.store().log().size() == 3);
}

TEST_CASE("a framed write is done at the tag of its own COMMIT, not before", "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  const auto warm = b.write("insert 0 a"), warm2 = b.write("insert 0 b");
  b.drain(); // BEGIN and COMMIT stand prepared from now on.
  b.link().hold();
  const auto a = b.write("insert 1 x");
  const auto c = b.write("insert 2 y");
  b.drain();
  b.link().release(2); // BEGIN, INSERT
  b.drain();
  CHECK(a->answers == 0);
  b.link().release(1); // COMMIT
  b.drain();
  CHECK(a->is_done());
  CHECK(c->answers == 0);
  b.link().release_all();
  b.drain();
  CHECK(c->is_done());
}

TEST_CASE("reads that leave together share a READ ONLY block", "[pipeline]") {
  pipeline_bench b;
  b.db.set_eager_replies(true);
  const auto w = b.write("insert 1 x");
  b.drain();
  const auto a = b.read("select 1");
  const auto c = b.read("select put 2 y"); // Refused by the block: it is READ ONLY.
  b.link().hold();
  b.drain();
  CHECK(b.db.store().at("2").empty());
  b.link().release_all();
  b.drain();
  CHECK(a->done->results.at(0).raw(0, 0) == "x");
  CHECK(c->is_done()); // Repeated alone, where the server allows it.
  CHECK(b.db.ledger().committed("select put 2 y") == 1);
}

TEST_CASE("reads in a batch declared read cannot write", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.run_batch({"select 1", "select put 2 y"}, access::read);
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->sqlstate == "25006");
  CHECK(b.db.store().at("2").empty());
}

TEST_CASE("an error rejects its own statement only, and those behind it run exactly once", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 2 b", fault_point::before, fault_kind::error, "23505"});
  std::vector<recorded> all;
  for (const auto* text : {"insert 1 a", "insert 2 b", "insert 3 c", "insert 4 d"}) all.push_back(b.write(text));
  b.drain();
  CHECK(all[0]->is_done());
  CHECK(all[1]->is(outcome::rejected));
  CHECK(all[1]->failed->sqlstate == "23505");
  CHECK(all[2]->is_done());
  CHECK(all[3]->is_done());
  for (const auto* text : {"insert 1 a", "insert 3 c", "insert 4 d"}) CHECK(b.db.ledger().committed(text) == 1);
  CHECK(b.db.ledger().executed("insert 2 b") == 0);
}

TEST_CASE("an error among reads rejects the one that caused it", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.read("select 1");
  const auto c = b.read("nonsense");
  const auto d = b.read("select 2");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is(outcome::rejected));
  CHECK(c->failed->sqlstate == "42601");
  CHECK(d->is_done());
}

TEST_CASE("groups behind a failed block are rolled forward: ROLLBACK once, then each runs exactly once", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before, fault_kind::error, "23505"});
  b.link().hold();
  std::vector<recorded> first{b.write("insert 1 a"), b.write("insert 2 b")};
  b.pump();
  std::vector<recorded> second{b.write("insert 3 c"), b.write("insert 4 d")};
  b.pump();
  const auto lone = b.write("insert 5 e");
  b.pump();
  CHECK(b.db.store().log().empty()); // The failed block holds them all.
  b.link().release(4 + 6 + 1);       // The frames' names; BEGIN, the error, what was skipped; the Sync.
  b.drain();
  b.link().release_all();
  b.drain();
  CHECK(first[0]->is(outcome::rejected));
  CHECK(first[1]->is_done());
  CHECK(second[0]->is_done());
  CHECK(second[1]->is_done());
  CHECK(lone->is_done());
  CHECK(b.db.store().log().size() == 4);
  for (const auto* text : {"insert 2 b", "insert 3 c", "insert 4 d", "insert 5 e"})
    CHECK(b.db.ledger().committed(text) == 1);
  CHECK(first[0]->failed->attempts == 1);
  CHECK(b.notices.empty()); // A second ROLLBACK would be warned of.
}

TEST_CASE("a statement that was struck by others counts as attempted once, and goes before those that came later",
          "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.pipeline_depth = 3;
  pipeline_bench b{limits};
  for (const auto* text : {"insert 1 a", "insert 2 b"})
    b.db.script().add({text, fault_point::before, fault_kind::error, "23505"});
  b.write("insert 1 a");
  const auto c = b.write("insert 2 b");
  b.write("insert 3 c"), b.write("insert 4 d");
  b.drain();
  CHECK(c->failed->attempts == 1);
  CHECK(b.db.ledger().commits() == std::vector<std::string>{"insert 3 c", "insert 4 d"});
}

TEST_CASE("a COMMIT that is answered with another tag has committed nothing", "[pipeline]") {
  auto limits = pipeline_bench::default_limits();
  limits.statement_cache = 0;
  pipeline_bench b{limits};
  b.link().hold();
  const auto a = b.run_batch({"insert 1 a"});
  b.pump();
  for (const auto* tag : {"BEGIN", "INSERT 0 1", "ROLLBACK"}) {
    wire_result x;
    x.rows = result{std::make_shared<owned_result>(tag, std::vector<owned_result::column>{},
                                                   std::vector<std::vector<owned_result::cell>>{})};
    b.machine.on_result(std::move(x), b.now);
  }
  CHECK(a->is(outcome::rejected));
}

TEST_CASE("many failing statements do not wear out the innocent ones among them", "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 30; ++i) {
    b.db.script().add({"insert bad " + std::to_string(i), fault_point::before, fault_kind::error, "23505", {}, 1000});
  }
  std::vector<recorded> bad;
  for (int i = 0; i < 30; ++i) bad.push_back(b.write("insert bad " + std::to_string(i)));
  const auto good = b.write("insert 1 good");
  b.drain();
  for (const auto& x : bad) CHECK(x->is(outcome::rejected));
  CHECK(good->is_done());
  CHECK(b.moves.empty());
  CHECK(b.machine.resent() < 100); // Struck often, they go alone.
}

TEST_CASE("many failing batches do not wear out the innocent ones behind them", "[pipeline]") {
  pipeline_bench b;
  for (int i = 0; i < 30; ++i) {
    b.db.script().add({"insert bad " + std::to_string(i), fault_point::before, fault_kind::error, "23505", {}, 1000});
  }
  std::vector<recorded> bad;
  for (int i = 0; i < 30; ++i) bad.push_back(b.run_batch({"insert ok 1", "insert bad " + std::to_string(i)}));
  const auto good = b.run_batch({"insert 1 a", "insert 2 b"});
  b.drain();
  for (const auto& x : bad) CHECK(x->is(outcome::rejected));
  CHECK(good->is_done());
  CHECK(b.db.store().at("ok").empty());
}

TEST_CASE("a deferred constraint rejects a lone write at its Sync", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 1 a", fault_point::before_commit, fault_kind::error, "23503"});
  const auto a = b.write("insert 1 a");
  b.drain();
  CHECK(a->is(outcome::rejected));
  CHECK(a->failed->sqlstate == "23503");
  CHECK(b.db.store().log().empty());
  const auto next = b.write("insert 2 b");
  b.drain();
  CHECK(next->is_done());
}

TEST_CASE("a deferred constraint rejects a framed write at its COMMIT and nobody else", "[pipeline]") {
  pipeline_bench b;
  b.db.script().add({"insert 2 b", fault_point::before_commit, fault_kind::error, "23503"});
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b"), d = b.write("insert 3 c");
  b.drain();
  CHECK(a->is_done());
  CHECK(c->is(outcome::rejected));
  CHECK(d->is_done());
  CHECK(b.db.store().log().size() == 2);
}

TEST_CASE("a batch is one transaction, and its failure names the statement", "[pipeline]") {
  pipeline_bench b;
  const auto a = b.run_batch({"insert 1 a", "insert 2 b", "select 1"});
  b.drain();
  REQUIRE(a->is_done());
  CHECK(a->done->results.size() == 3);
  CHECK(a->done->results[2].raw(0, 0) == "a");
  CHECK(b.db.store().log().size() == 1);

  const auto c = b.run_batch({"insert 3 a", "nonsense", "insert 4 b"});
  b.drain();
  CHECK(c->is(outcome::rejected));
  CHECK(c->failed->detail.find("statement 2 of 3") != std::string::npos);
  CHECK(b.db.store().log().size() == 1);
}

TEST_CASE("NULLs, empty results and parameters arrive as they are", "[pipeline]") {
  pipeline_bench b;
  const auto w = b.write("insert $1 $2", {1, "x"});
  const auto n = b.read("select null");
  const auto e = b.read("select $1", {99});
  b.drain();
  CHECK(w->is_done());
  CHECK(b.db.store().at("1").size() == 1);
  REQUIRE(n->is_done());
  CHECK(n->done->results.at(0).is_null(0, 0));
  REQUIRE(e->is_done());
  CHECK(e->done->results.at(0).empty());
}

TEST_CASE("a statement that leaves a transaction open ends the connection, and nobody behind it is told done",
          "[pipeline]") {
  pipeline_bench b;
  b.link().hold();
  const auto a = b.write("begin");
  b.pump();
  const auto c = b.write("insert 1 a");
  b.pump();
  b.link().release_all();
  b.drain();
  CHECK(b.closed);
  CHECK(a->answers == 1);
  CHECK(!a->is_done());
  CHECK(c->is(outcome::in_doubt));
  CHECK(b.db.store().log().empty());
}

TEST_CASE("the answer to the question for a token is measured once, as others are", "[pipeline]") {
  pipeline_bench b;
  const auto meter = std::make_shared<pool_meter>();
  b.machine.measure_into(meter);
  const auto ask = [&] {
    statement s{"insert 1 x"};
    s.token = "t1";
    auto [r, answer] = make_recorded(std::move(s), b.now, b.now + b.deadline);
    r->dispatched_at = b.now;
    b.machine.submit(std::move(r));
    b.drain();
    return answer;
  };
  const auto answered = [&](outcome x) { return meter->at(b.now).answered[static_cast<std::size_t>(x)]; };
  CHECK(ask()->is_done());
  CHECK(answered(outcome::done) == 1);
  const auto again = ask();
  REQUIRE(again->is_done());
  CHECK(again->done->results.front().receipt().by_token == application::already_applied);
  CHECK(answered(outcome::done) == 2);
}
