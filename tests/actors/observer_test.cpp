// What an application's observer is told of its requests, and what the log of slow statements writes.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/slow_statement_log.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

class notes final : public request_observer {
public:
  bool wants(const std::string& text, const std::string&) override { return text.find("unseen") == std::string::npos; }
  void answered(const request_span& x) noexcept override { all.push_back(x); }
  std::vector<request_span> all;
};

} // namespace

TEST_CASE("An observer is told of every request that it wants, once, with its end") {
  auto seen = std::make_shared<notes>();
  actor_world w{world_options(), true, seen};
  w.advance(2s);
  statement s;
  s.text = "insert a 1";
  s.name = "pay";
  s.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  w.ask(s);
  w.write("insert unseen 1");
  w.write("");
  batch b;
  b.statements.resize(2);
  b.statements[0].text = "insert b 1";
  b.statements[1].text = "insert b 2";
  w.ask(b);
  w.advance(1s);
  w.db[primary].script().add({"insert lost 1", fault_point::after_commit, fault_kind::lose});
  w.write("insert lost 1", 2000ms);
  w.advance(3s);
  REQUIRE(seen->all.size() == 4);
  const auto find = [&](const std::string& text) {
    for (const auto& x : seen->all)
      if (x.text == text) return x;
    FAIL("no span of " << text);
    return request_span{};
  };
  const auto plain = find("insert a 1");
  CHECK(plain.name == "pay");
  CHECK(plain.traceparent == s.traceparent);
  CHECK(plain.kind == outcome::done);
  CHECK(plain.took() >= 0ns);
  CHECK(find("insert b 1").statements == 2);
  CHECK(find("").kind != outcome::done);
  const auto lost = find("insert lost 1");
  CHECK(lost.kind == outcome::in_doubt);
  CHECK(lost.why.pool == "primary");
}

TEST_CASE("A request whose holders die is rescued and told all the same with an observer around its answer") {
  auto seen = std::make_shared<notes>();
  actor_world w{world_options(), true, seen};
  w.advance(2s);
  w.db[primary].script().add({"insert slow v", fault_point::before, fault_kind::delay});
  for (int i = 0; i < 20; ++i) w.write("insert k" + std::to_string(i) + " v", 5000ms);
  w.strike(w.topology().pools[primary], death::kill);
  w.advance(8s);
  CHECK(w.broken_promises().empty());
  for (const auto& x : w.asked()) CHECK(x->answers == 1);
}

TEST_CASE("The log of slow statements names text, time and end, and leaves out what is too much") {
  std::ostringstream out;
  auto log = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  auto behind = std::make_shared<notes>();
  slow_statement_log slow{log, 100ms, behind};
  request_span x;
  x.text = "select pg_sleep(1)\nfrom t where " + std::string(1000, 'x');
  x.name = "report";
  x.began = time_point{1h};
  x.ended = x.began + 50ms;
  slow.answered(x);
  CHECK(out.str().empty());
  x.ended = x.began + 1500ms;
  for (int i = 0; i < 25; ++i) slow.answered(x);
  x.ended += 2s;
  slow.answered(x);
  const auto text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 11);
  CHECK(text.find("slow: 1500 ms, done, report: select pg_sleep(1) from t") != std::string::npos);
  CHECK(text.find("(and 15 more since)") != std::string::npos);
  CHECK(text.find(std::string(600, 'x')) == std::string::npos);
  CHECK(behind->all.size() == 27);
}

namespace {

/// Follows every third request.
class sampler final : public request_observer {
public:
  bool wants(const std::string&, const std::string&) override { return asked++ % 3 == 0; }
  void answered(const request_span& x) noexcept override { all.push_back(x); }
  int asked = 0;
  std::vector<request_span> all;
};

} // namespace

TEST_CASE("The log of slow statements looks at every request, and the sampler behind it at those that it chose") {
  std::ostringstream out;
  auto log = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  auto behind = std::make_shared<sampler>();
  actor_world w{world_options(), true, std::make_shared<slow_statement_log>(log, 0ns, behind)};
  w.advance(2s);
  for (int i = 0; i < 9; ++i) w.write("insert k" + std::to_string(i) + " v");
  w.run();
  CHECK(behind->asked == 9);
  CHECK(behind->all.size() == 3);
  const auto text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
}
