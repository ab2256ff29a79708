// Independent statements in one message: each with its own fate, deadline and outcome, answered together, by position.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/error.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

statement_list texts(const std::vector<std::string>& all) {
  statement_list out;
  for (const auto& text : all) {
    out.statements.emplace_back();
    out.statements.back().text = text;
    if (text.starts_with("select")) out.statements.back().mode = access::read;
  }
  return out;
}

/// Asks a list, and writes down the answers.
class list_asker final : public caf::event_based_actor {
public:
  struct heard {
    std::vector<list_reply> done;
    std::vector<failure> failed;
  };
  list_asker(caf::actor_config& cfg, caf::actor delegate, statement_list what, heard* to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), what_(std::move(what)), to_(to) {}

  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, what_)
      .then([this](list_reply& x) { to_->done.push_back(std::move(x)); },
            [this](const caf::error& e) { to_->failed.push_back(failure_of(e)); });
    return {}; // Ends when it has its answer.
  }

private:
  caf::actor delegate_;
  statement_list what_;
  heard* to_;
};

} // namespace

TEST_CASE("Each statement of a list ends by itself, and the answer has all by position") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert b v", fault_point::before, fault_kind::error, "23505"});
  list_asker::heard heard;
  w.spawn<list_asker>(w.delegate, texts({"insert a v", "insert b v", "nonsense", "begin", "select a", "insert c v"}),
                      &heard);
  w.run();
  REQUIRE(heard.done.size() == 1);
  const auto& ends = heard.done.front().ends;
  REQUIRE(ends.size() == 6);
  CHECK(ends[0]->command_tag() == "INSERT 0 1");
  REQUIRE(!ends[1]);
  CHECK(ends[1].error().sqlstate == "23505");
  CHECK(ends[1].error().kind == outcome::rejected);
  REQUIRE(!ends[2]);
  CHECK(ends[2].error().sqlstate == "42601");
  REQUIRE(!ends[3]);
  CHECK(ends[3].error().sqlstate == "0A000"); // Refused by the check, and the others are served all the same.
  CHECK(ends[4].has_value());
  CHECK(ends[5].has_value());
  CHECK(w.committed("insert a v") == 1);
  CHECK(w.committed("insert b v") == 0);
  CHECK(w.committed("insert c v") == 1);
}

TEST_CASE("Each statement of a list has its own deadline; the answer comes with the last") {
  actor_world w;
  w.advance(2s);
  auto list = texts({"insert slow v", "insert quick v"});
  list.statements[0].timeout = 1s;
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  list_asker::heard heard;
  w.spawn<list_asker>(w.delegate, list, &heard);
  w.advance(500ms);
  CHECK(heard.done.empty());
  w.advance(1s);
  REQUIRE(heard.done.size() == 1);
  const auto& ends = heard.done.front().ends;
  REQUIRE(!ends[0]);
  CHECK(ends[0].error().why == cause::deadline);
  CHECK(ends[1].has_value());
  CHECK(w.committed("insert quick v") == 1);
}

TEST_CASE("A list that is empty or too long is refused as a whole") {
  auto o = world_options();
  o.requests.list_max = 3;
  actor_world w{o};
  w.advance(2s);
  list_asker::heard heard;
  w.spawn<list_asker>(w.delegate, statement_list{}, &heard);
  w.spawn<list_asker>(w.delegate, texts({"insert a v", "insert b v", "insert c v", "insert d v"}), &heard);
  w.run();
  CHECK(heard.done.empty());
  REQUIRE(heard.failed.size() == 2);
  CHECK(heard.failed[0].sqlstate == "42601");
  CHECK(heard.failed[1].sqlstate == "54000");
  CHECK(heard.failed[1].message.find("list-max = 3") != std::string::npos);
  CHECK(w.committed("insert a v") == 0);
}

TEST_CASE("A list is answered once, whatever dies meanwhile") {
  const auto how = GENERATE(death::kill, death::exit, death::exception);
  for (int steps = 0; steps < 40; steps += 3) {
    actor_world w;
    w.advance(2s);
    list_asker::heard heard;
    w.spawn<list_asker>(w.delegate, texts({"insert a v", "select a", "insert b v", "select b"}), &heard);
    for (int i = 0; i < steps && w.step();) ++i;
    w.strike(w.next_in_line() == w.delegate ? caf::actor{} : w.next_in_line(), how);
    w.advance(31s);
    CAPTURE(steps);
    REQUIRE(heard.done.size() == 1);
    const auto& ends = heard.done.front().ends;
    CHECK((ends[0].has_value()                         ? 1
           : ends[0].error().kind == outcome::in_doubt ? w.committed("insert a v")
                                                       : 0)
          == w.committed("insert a v"));
    CHECK(ends[1].has_value());
  }
}

TEST_CASE("A statement's name is shown while it runs, and in its failure") {
  actor_world w;
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  statement s;
  s.text = "insert slow v";
  s.name = "note the order";
  s.timeout = 1s;
  const auto x = w.ask(std::move(s));
  w.advance(100ms);
  std::vector<std::string> names;
  for (const auto& c : w.connections(primary))
    if (!c.statement.empty()) names.push_back(c.statement_name);
  CHECK(names == std::vector<std::string>{"note the order"});
  w.advance(2s);
  REQUIRE(x->failed);
  CHECK(x->failed->name == "note the order");
  CHECK(to_string(*x->failed).find("statement note the order") != std::string::npos);
}

TEST_CASE("A trace context is sent only where the option says so, and then unprepared") {
  auto o = world_options();
  const bool on = GENERATE(true, false);
  for (auto& p : o.pools) p.trace_comments = on;
  actor_world w{o};
  w.advance(2s);
  for (int i = 0; i < 3; ++i) {
    statement s;
    s.text = "insert k v";
    s.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    w.ask(std::move(s));
    w.run();
  }
  CHECK(w.db[primary].ledger().executed("insert k v") == (on ? 0 : 3));
}
