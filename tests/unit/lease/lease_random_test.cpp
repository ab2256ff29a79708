// Borrowed sessions under random commands and faults. Here is how it works:
//
//   1. A seed decides whether it is a transaction or a lease, what is asked (inserts, each with a text of its own,
// errors,      savepoints, commits), which faults strike (lost sessions, errors, waits, cancels), and how time passes.
//   2. In the end the handle is dropped, and time passes until everything must have been answered.
//   3. Every command must have been answered once; what was told is compared with the server's ledger: nothing that was
//      told to be undone is committed, and nothing is committed that was not asked for.
//
// A seed that fails repeats exactly.
#include "tests/support/catch.hpp"
#include "tests/unit/lease/lease_bench.hpp"

#include "tripool/core/util/random.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {}

  void run() {
    lease_ = pick(2) == 0;
    b_.deadline = std::chrono::milliseconds{500 + pick(3000)};
    b_.deliver_cancels = pick(4) != 0;
    if (pick(3) == 0) b_.limits.pipeline_depth = 1;
    if (pick(3) == 0) b_.limits.queue_max = 2 + pick(3);
    b_.open(lease_ ? b_.lease() : b_.transaction());
    if (b_.state() != lease_machine::phase::ready) return;
    for (auto n = 3 + pick(15); n > 0; --n) step();
    if (pick(1) == 0) {
      if (lease_) {
        all_.push_back(b_.release());
      } else {
        end(pick(3) != 0);
      }
    }
    b_.machine->dropped();
    b_.drain();
    b_.db.release_delays();
    for (int i = 0; i < 20; ++i) {
      b_.pass(1s);
      b_.db.release_delays();
      if (b_.is_open()) b_.machine->cancel_finished(b_.now);
      b_.drain();
    }
    check();
  }

private:
  struct insert {
    std::string text;
    recorded told;
    bool in_transaction = true;
  };
  struct lease_block {
    std::size_t from;
    std::size_t to;
    recorded commit;
  };

  std::uint64_t pick(std::uint64_t most) { return random_up_to(random_.next(), most); }

  void step() {
    switch (pick(11)) {
      case 0:
      case 1:
      case 2: add(); break;
      case 3: all_.push_back(b_.run("insart")); break;
      case 4: all_.push_back(b_.run("select nothing")); break;
      case 5:
        if (!lease_) all_.push_back(b_.savepoint("s" + std::to_string(pick(2))));
        break;
      case 6:
        if (!lease_) rolled_back_to_ = true, all_.push_back(b_.rollback_to("s" + std::to_string(pick(2))));
        break;
      case 7: b_.drain(); break;
      case 8: b_.pass(std::chrono::milliseconds{pick(1500)}); break;
      case 9: strike(); break;
      case 10:
        if (b_.is_open()) b_.backend().forget_statements();
        break;
      default:
        if (lease_) block();
        break;
    }
  }

  void add() {
    const auto text = "insert k" + std::to_string(++last_) + " v";
    if (pick(5) == 0) {
      static constexpr fault_point points[] = {fault_point::before, fault_point::after, fault_point::before_commit,
                                               fault_point::after_commit};
      static constexpr fault_kind kinds[] = {fault_kind::error, fault_kind::fatal, fault_kind::lose, fault_kind::delay};
      const auto at = points[pick(3)];
      auto what = kinds[pick(3)];
      if (what == fault_kind::delay && at == fault_point::after) what = fault_kind::error;
      if (what != fault_kind::lose && what != fault_kind::delay && at == fault_point::after_commit)
        what = fault_kind::lose;
      b_.db.script().add({text, at, what, what == fault_kind::fatal ? "57P01" : "40001"});
    }
    inserts_.push_back({text, b_.run(text), !lease_});
    all_.push_back(inserts_.back().told);
  }

  /// A whole transaction on a lease.
  void block() {
    all_.push_back(b_.begin());
    const auto from = inserts_.size();
    add();
    add();
    const bool commits = pick(2) != 0;
    auto done = commits ? b_.commit() : b_.rollback();
    all_.push_back(done);
    for (auto i = from; i < inserts_.size(); ++i) inserts_[i].in_transaction = true;
    if (commits) blocks_.push_back({from, inserts_.size(), done});
  }

  void end(bool commits) {
    commit_ = commits ? b_.commit() : nullptr;
    all_.push_back(commits ? commit_ : b_.rollback());
  }

  void strike() {
    if (!b_.is_open()) return;
    if (pick(2) == 0)
      b_.cut();
    else if (pick(1) == 0)
      b_.db.terminate_all();
    else
      b_.db.release_delays();
  }

  void check() {
    for (const auto& x : all_) REQUIRE(x->answers == 1);
    const bool committed = commit_ && commit_->is_done();
    const bool doubtful = commit_ && commit_->is(outcome::in_doubt);
    for (const auto& x : inserts_) {
      INFO(x.text << (x.told->failed ? ": " + to_string(*x.told->failed) : ": done"));
      const auto n = b_.db.ledger().committed(x.text);
      REQUIRE(n <= 1);
      if (x.told->is(outcome::not_executed) || x.told->is(outcome::rejected)) REQUIRE(n == 0);
      if (!lease_ && !committed && !doubtful) REQUIRE(n == 0);
      if (!lease_ && committed && x.told->is_done() && !rolled_back_to_) REQUIRE(n == 1);
      if (lease_ && !x.in_transaction && x.told->is_done()) REQUIRE(n == 1);
    }
    for (const auto& x : blocks_) { // A transaction that was committed lacks nothing.
      if (!x.commit->is_done()) continue;
      for (auto i = x.from; i < x.to; ++i) {
        INFO(inserts_[i].text);
        REQUIRE(inserts_[i].told->is_done());
      }
    }
    if (b_.state() == lease_machine::phase::over) {
      CHECK(b_.backend().settings().empty());
      CHECK_FALSE(b_.machine->in_block());
    }
  }

  splitmix64 random_;
  lease_bench b_;
  bool lease_ = false;
  bool rolled_back_to_ = false;
  int last_ = 0;
  std::vector<insert> inserts_;
  std::vector<lease_block> blocks_; ///< Those that ended with a COMMIT.
  std::vector<recorded> all_;
  recorded commit_;
};

} // namespace

TEST_CASE("lease: under random commands and faults every answer is honest", "[lease][random]") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    trial{seed}.run();
  }
}
