// Writes while the primary is dead and no other server has been promoted yet: they wait for the next writer.
#include "tests/actors/actor_world.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("Writes that come back from a dying primary wait for the next one, and do not use up their attempts there") {
  actor_world w;
  w.advance(1s);
  w.db[primary].crash();
  // The monitor still takes the primary for the writer until a second probe has been refused.
  std::vector<told_ptr> all;
  for (int i = 0; i < 60; ++i) {
    all.push_back(w.write("insert k" + std::to_string(i) + " v", 5000ms));
    w.advance(10ms);
  }
  w.db[backup].promote();
  w.advance(2s);
  for (const auto& x : all) {
    INFO(x->texts.front() << ": " << x->text());
    CHECK(x->is_done());
  }
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Writes that come back from a primary that is only restarting go to it again when it answers") {
  actor_world w;
  w.advance(1s);
  w.db[primary].crash();
  std::vector<told_ptr> all;
  for (int i = 0; i < 30; ++i) {
    all.push_back(w.write("insert k" + std::to_string(i) + " v", 5000ms));
    w.advance(10ms);
  }
  w.db[primary].start();
  w.advance(2s);
  for (const auto& x : all) {
    INFO(x->texts.front() << ": " << x->text());
    CHECK(x->is_done());
  }
  CHECK(w.broken_promises() == "");
}
