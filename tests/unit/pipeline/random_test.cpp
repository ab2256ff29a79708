// Thousands of random histories of one connection: requests, held and released answers, faults, cancels in time
// and late, losses. Afterwards what the callers were told is held against what the server really committed.
// A seed that fails is printed; put it into `replay` to run it alone.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

#include "tripool/core/util/random.hpp"

#include <array>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t replay = 0; ///< A seed to run alone, or 0.
constexpr std::uint64_t seeds = 400;

class history {
public:
  explicit history(std::uint64_t seed) : random_(seed), bench_(make_limits()) {
    bench_.db.set_eager_replies(chance(2));
    bench_.cancel_at_once = chance(3);
  }

  /// Returns what is wrong, or nothing.
  std::string run() {
    const auto steps = 10 + below(60);
    for (std::size_t i = 0; i < steps && !bench_.lost && wrong_.empty(); ++i) {
      step();
      check_always();
    }
    finish();
    check_answers();
    return wrong_;
  }

  std::array<std::size_t, 4> ends{}; ///< How many requests ended so, by outcome.

private:
  struct asked {
    recorded answer;
    std::vector<std::string> writes;
    bool works_in_pieces = false; ///< May leave something behind when it fails outside of a block.
    time_point deadline;
  };

  /// Notes what was found wrong first.
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.next() % n); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  pool_options make_limits() {
    auto x = pipeline_bench::default_limits();
    x.pipeline_depth = 1 + below(10);
    x.frame_max = 1 + below(6);
    x.read_depth = 1 + below(20);
    x.statement_cache = chance(3) ? 0 : below(5);
    x.result_bytes_max = 4000;
    return x;
  }

  void step() {
    switch (below(21)) {
      case 0:
      case 1:
      case 2:
      case 3: return ask();
      case 4: return script();
      case 5:
      case 6: return bench_.pump();
      case 7:
      case 8:
      case 9: return bench_.drain();
      case 10: return bench_.link().hold();
      case 11:
      case 12: return bench_.link().release(1 + below(6));
      case 13: return bench_.link().release_all();
      case 14: return bench_.db.release_delays();
      case 15: return bench_.pass(chance(2) ? 1ms * static_cast<int>(below(2500)) : 0ms);
      case 16: return cancel();
      case 17: return bench_.link().block_writes(chance(3));
      case 18: return strike_server();
      case 19: return give_back();
      default:
        if (chance(10)) lose();
    }
  }

  /// As its pool would, which has other connections, too.
  void give_back() {
    for (auto& r : bench_.machine.take_held_up(bench_.now)) bench_.machine.submit(std::move(r));
  }

  void ask() {
    bench_.deadline = chance(3) ? duration{1ms * static_cast<int>(1 + below(3000))} : duration{30s};
    asked x;
    x.deadline = bench_.now + bench_.deadline;
    const auto key = std::to_string(++last_key_);
    switch (below(10)) {
      case 0:
      case 1:
      case 2: x.answer = bench_.read("select " + std::to_string(below(4))); break;
      case 3: x.answer = bench_.read("select $1", {static_cast<int>(below(4))}); break;
      case 4: x.answer = bench_.read(chance(2) ? "select null" : "select big 9000"); break;
      case 5:
        x.writes = {"insert " + key + " a", "insert " + key + " b"};
        x.answer = bench_.run_batch({x.writes[0], "select 1", x.writes[1]});
        break;
      case 6:
        x.writes = {"insert " + key + " a"};
        x.answer = bench_.harmless(x.writes[0]);
        break;
      case 7:
        if (chance(2)) {
          x.answer = bench_.write("nonsense");
          break;
        }
        x.writes = {"call " + key + " a"};
        x.works_in_pieces = true;
        x.answer = bench_.write(x.writes[0]);
        break;
      case 8:
        if (chance(3)) {
          x.answer = bench_.write("vacuum");
          x.works_in_pieces = true;
          break;
        }
        [[fallthrough]];
      default:
        x.writes = {"insert " + key + " a"};
        x.answer = chance(2) ? bench_.write("insert $1 a", {last_key_}) : bench_.write(x.writes[0]);
    }
    if (!x.writes.empty() && chance(4)) script_for(x.writes.back());
    asked_.push_back(std::move(x));
  }

  void script() {
    const auto i = below(asked_.size() + 1);
    const bool known = i < asked_.size() && !asked_[i].writes.empty();
    script_for(known ? asked_[i].writes.front() : std::string{});
  }

  void script_for(const std::string& text) {
    static constexpr std::array codes{"23505", "40001", "40P01", "57014", "25P02",
                                      "57P03", "53300", "25001", "0A000", "26000"};
    static constexpr std::array fatal{"57P01", "57P02", "25P03", "53300", "XX000"};
    static constexpr std::array points{fault_point::parse, fault_point::before, fault_point::after,
                                       fault_point::before_commit, fault_point::after_commit};
    sim_fault f;
    f.text = text;
    f.at = points[below(points.size())];
    f.times = static_cast<std::uint32_t>(chance(4) ? 1 + below(5) : 1);
    const bool early = f.at == fault_point::parse || f.at == fault_point::after;
    const auto dice = below(12);
    if (dice < 6 && f.at != fault_point::after_commit) {
      f.sqlstate = codes[below(codes.size())];
      if (f.sqlstate == "0A000") f.source_function = "RevalidateCachedQuery";
    } else if (dice < 9 && !early) {
      f.what = fault_kind::delay;
    } else if (dice < 10) {
      f.what = fault_kind::notice;
      f.sqlstate = "01000";
      f.source_function = f.at == fault_point::after_commit ? "SyncRepWaitForLSN" : "exec_stmt_raise";
    } else if (chance(3)) {
      f.what = chance(2) ? fault_kind::lose : fault_kind::fatal;
      // After its commit a backend ends for these two only.
      f.sqlstate = fatal[below(f.at == fault_point::after_commit ? 2 : fatal.size())];
    } else {
      return;
    }
    bench_.db.script().add(std::move(f));
  }

  void cancel() {
    if (bench_.cancels_wanted == cancelled_) return;
    cancelled_ = bench_.cancels_wanted;
    if (chance(4)) { // The signal comes late, and strikes whoever runs then.
      bench_.machine.cancel_finished(bench_.now);
      bench_.db.script().add({{}, fault_point::before, fault_kind::error, "57014"});
    } else {
      bench_.deliver_cancel();
    }
  }

  void strike_server() {
    switch (below(6)) {
      case 0: return bench_.backend().forget_statements();
      case 1: return bench_.db.change_schema();
      case 2: return bench_.db.hang();
      case 3:
      case 4: return bench_.db.resume();
      default:
        if (chance(3)) bench_.db.set_read_only(!bench_.db.read_only());
    }
  }

  void lose() {
    switch (below(4)) {
      case 0: return bench_.link().cut();
      case 1: return bench_.db.terminate_all();
      case 2: return bench_.link().refuse_sends_after(below(12));
      default: return bench_.close("for the test");
    }
  }

  void check_always() {
    for (const auto& x : asked_)
      if (x.answer->answers > 1) wrong("a request was answered more than once");
    if (bench_.machine.outstanding() > asked_.size()) wrong("more outstanding than asked");
  }

  /// Everything comes to its end: the server works, or time passes until all deadlines are over.
  void finish() {
    if (!wrong_.empty()) return;
    if (chance(2) && !bench_.lost) {
      bench_.db.resume();
      bench_.link().block_writes(false);
      bench_.link().release_all();
      for (int i = 0; i < 100 && !bench_.lost; ++i) {
        bench_.db.release_delays();
        cancel();
        bench_.drain();
      }
    }
    for (int i = 0; i < 400 && !bench_.lost && wrong_.empty(); ++i) {
      bench_.pass_by_wakes(100ms);
      if (chance(3)) cancel();
      check_deadlines();
    }
    if (!bench_.lost && bench_.machine.outstanding() > 0) wrong("requests are left on the connection");
    if (!bench_.lost && bench_.machine.next_wake()) wrong("an idle connection asks for a wake-up");
    lost_early_ = bench_.lost;
    if (!bench_.lost) bench_.close("the end");
    bench_.db.script().clear();
    bench_.db.resume();
    for (int i = 0; i < 100; ++i) bench_.db.release_delays(); // What had reached the server runs to its end.
    if (!bench_.db.backends().empty()) wrong("a process outlives its client");
    if (bench_.machine.next_wake()) wrong("a lost connection asks for a wake-up");
  }

  void check_deadlines() {
    for (const auto& x : asked_)
      if (x.answer->answers == 0 && bench_.now >= x.deadline + 500ms) wrong("an answer is later than half a second");
  }

  void check_answers() {
    if (!wrong_.empty()) return;
    for (const auto& x : asked_) {
      if (x.answer->answers != 1) return wrong("answered " + std::to_string(x.answer->answers) + " times");
      count(x);
      for (const auto& text : x.writes) check_write(x, text);
      if (x.writes.size() == 2) {
        const auto first = bench_.db.ledger().committed(x.writes[0]);
        if (first != bench_.db.ledger().committed(x.writes[1])) wrong("torn: " + x.writes[0]);
      }
    }
  }

  /// A doubt needs a reason: a loss, a session's end, an unanswered deadline, a standby that was not waited for.
  void count(const asked& x) {
    ++ends[static_cast<std::size_t>(x.answer->is_done() ? outcome::done : x.answer->failed->kind)];
    if (!x.answer->is(outcome::in_doubt) || lost_early_) return;
    const auto& f = *x.answer->failed;
    if (f.why != cause::deadline && f.sqlstate != "01000" && !x.works_in_pieces)
      wrong("doubt without a reason: " + to_string(f));
  }

  void check_write(const asked& x, const std::string& text) {
    const auto n = bench_.db.ledger().committed(text);
    if (n > 1) wrong("committed twice: " + text);
    if (x.answer->is_done() && n != 1) wrong("done, but lost: " + text);
    const bool denied = x.answer->is(outcome::rejected) || x.answer->is(outcome::not_executed);
    if (denied && n != 0) wrong("denied, but there: " + text + ": " + to_string(*x.answer->failed));
  }

  splitmix64 random_;
  pipeline_bench bench_;
  std::vector<asked> asked_;
  std::string wrong_;
  int last_key_ = 100;
  std::uint32_t cancelled_ = 0;
  bool lost_early_ = false;
};

} // namespace

TEST_CASE("random histories: every request is answered once, and truly", "[pipeline][random]") {
  std::array<std::size_t, 4> ends{};
  const auto first = replay ? replay : 1;
  const auto last = replay ? replay : seeds;
  for (auto seed = first; seed <= last; ++seed) {
    history h{seed};
    const auto wrong = h.run();
    if (!wrong.empty()) FAIL("seed " << seed << ": " << wrong);
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] += h.ends[i];
  }
  for (const auto n : ends) CHECK((replay || n > seeds / 2)); // The histories do reach all four ends.
}
