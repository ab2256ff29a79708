// Which texts leave together, and how a connection learns their pace.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// Runs one statement that the server takes `time` for.
void run(pipeline_bench& b, const char* text, duration time) {
  b.link().hold();
  const auto x = b.write(text);
  b.pump();
  b.now += time;
  b.link().release_all();
  b.drain();
  CHECK(x->is_done());
}

} // namespace

TEST_CASE("a text that has not proved to be quick has its own Sync", "[pipeline][pace]") {
  pipeline_bench b{pipeline_bench::default_limits(), std::make_shared<pace_book>()};
  b.db.script().add({"insert 1 x", fault_point::before, fault_kind::lose});
  const auto first = b.write("insert 0 x"), lost = b.write("insert 1 x");
  b.drain();
  CHECK(first->is_done()); // It would be in doubt behind a shared Sync.
  CHECK(lost->is(outcome::in_doubt));
}

TEST_CASE("a connection learns which texts are quick and which are slow", "[pipeline][pace]") {
  const auto book = std::make_shared<pace_book>();
  pipeline_bench b{pipeline_bench::default_limits(), book};
  run(b, "insert 1 a", 1ms);
  run(b, "insert 2 b", 50ms);
  CHECK(book->quick(pace_key_of("insert 1 a")));
  CHECK(!book->quick(pace_key_of("insert 2 b")));
  run(b, "insert 2 b", 1ms);
  CHECK(!book->quick(pace_key_of("insert 2 b")));
}

TEST_CASE("of texts that left together and were slow, each has to prove itself again", "[pipeline][pace]") {
  const auto book = std::make_shared<pace_book>();
  for (const auto* x : {"insert 1 a", "insert 2 b"}) book->was_quick(pace_key_of(x));
  pipeline_bench b{pipeline_bench::default_limits(), book};
  b.write("insert 1 a"), b.write("insert 2 b"); // Prepares the frame, too.
  b.drain();
  b.link().hold();
  const auto x = b.write("insert 1 a"), y = b.write("insert 2 b");
  b.pump();
  b.now += 50ms;
  b.link().release_all();
  b.drain();
  CHECK(x->is_done());
  CHECK(y->is_done());
  CHECK(!book->quick(pace_key_of("insert 1 a")));
  run(b, "insert 1 a", 1ms);
  CHECK(book->quick(pace_key_of("insert 1 a")));
}
