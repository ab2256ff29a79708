// Whoever dies, and whenever: every command of a borrower is answered once and honestly, nothing is committed that was
// not asked for, no connection is leaked, and no pool has more of them than it may. The deaths come at every step.
#include "tests/actors/borrow.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr int steps_max = 100;
constexpr auto patience = 3000ms;

/// What one borrower asked and heard.
struct diary {
  heard order;
  std::vector<std::pair<std::string, heard>> inside; ///< Inserts in the transaction.
  std::vector<std::pair<std::string, heard>> alone;  ///< Inserts of a lease, each its own transaction.
  heard end;
  bool end_asked = false;
  bool commits = true;
};

using diary_ptr = std::shared_ptr<diary>;

statement insert_of(const std::string& text) {
  statement s;
  s.text = text;
  s.timeout = patience;
  return s;
}

/// Borrows, works, and ends. Odd ones wait for each answer, even ones send everything at once; every third one rolls
/// back; every fourth one has a lease instead of a transaction.
class worker final : public caf::event_based_actor {
public:
  worker(caf::actor_config& cfg, caf::actor delegate, int number, diary_ptr notes)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), number_(number), notes_(std::move(notes)) {}
  const char* name() const override { return "test.worker"; }

private:
  caf::behavior make_behavior() override {
    set_exception_handler([](std::exception_ptr&) -> caf::error { return caf::exit_reason::unhandled_exception; });
    notes_->commits = number_ % 3 != 2;
    const auto n = std::to_string(number_);
    for (const auto* half : {"a", "b"}) notes_->inside.push_back({"insert t" + n + half + " v", {}});
    if (number_ % 4 == 3) {
      notes_->alone.push_back({"insert l" + n + " v", {}});
      acquire x;
      x.timeout = patience;
      order<lease_handle>(x);
    } else {
      begin x;
      x.timeout = patience;
      order<transaction_handle>(x);
    }
    return {[](int) {}};
  }

  template <class Handle, class Order>
  void order(Order x) {
    request(delegate_, caf::infinite, std::move(x))
      .then(
        [this](const Handle& h) {
          note(notes_->order, nullptr);
          handle_ = h;
          if (notes_->alone.empty()) return work(0);
          ask(notes_->alone.front(), [this] { open(); });
        },
        [this](const caf::error& e) {
          note(notes_->order, &e);
          quit();
        });
  }

  void open() {
    request(handle_.to, caf::infinite, begin{}).then([this] { work(0); }, [this](const caf::error&) { leave(); });
  }

  void work(std::size_t i) {
    if (i == notes_->inside.size()) return end();
    if (number_ % 2 == 0) {
      ask(notes_->inside[i], [] {});
      return work(i + 1);
    }
    ask(notes_->inside[i], [this, i] { work(i + 1); });
  }

  void ask(std::pair<std::string, heard>& what, std::function<void()> then) {
    request(handle_.to, caf::infinite, insert_of(what.first))
      .then(
        [&what, then](result&) {
          note(what.second, nullptr);
          then();
        },
        [&what, then](const caf::error& e) {
          note(what.second, &e);
          then();
        });
  }

  void end() {
    notes_->end_asked = true;
    const auto failed = [this](const caf::error& e) {
      note(notes_->end, &e);
      leave();
    };
    commit c;
    c.timeout = patience;
    if (notes_->commits)
      request(handle_.to, caf::infinite, c).then([this](result&) { ended(); }, failed);
    else
      request(handle_.to, caf::infinite, rollback{}).then([this] { ended(); }, failed);
  }
  void ended() {
    note(notes_->end, nullptr);
    leave();
  }

  /// A lease is released, a transaction's handle is dropped.
  void leave() {
    if (notes_->alone.empty()) return done();
    request(handle_.to, caf::infinite, release{}).then([this] { done(); }, [this](const caf::error&) { done(); });
  }
  void done() {
    handle_ = {};
    quit();
  }

  static void note(heard& x, const caf::error* e) {
    ++x.answers;
    if (e == nullptr) {
      x.done = true;
    } else {
      x.failed = failure_of(*e);
    }
  }

  caf::actor delegate_;
  int number_;
  diary_ptr notes_;
  session_handle handle_;
};

/// What is wrong with what a borrower heard; empty when nothing is.
std::string complaint(actor_world& w, const diary& x, bool died) {
  const auto text = [](const std::string& what, const heard& h) { return what + ": " + h.text() + "\n"; };
  std::string out;
  if (!died && x.order.answers != 1) out += text("order", x.order);
  for (const auto& [sql, h] : x.alone) {
    const auto n = w.committed(sql);
    if (n > 1 || (h.done && n != 1) || (n > 0 && h.failed && h.failed->kind != outcome::in_doubt))
      out += text(sql + " committed " + std::to_string(n) + " times", h);
    if (!died && x.order.done && h.answers != 1) out += text(sql, h);
  }
  for (const auto& [sql, h] : x.inside) {
    const auto n = w.committed(sql);
    const bool wanted = x.commits && x.end_asked;
    if (n > 1 || (n > 0 && !wanted)) out += text(sql + " committed " + std::to_string(n) + " times", x.end);
    if (x.commits && x.end.done && h.done && n != 1) out += text(sql + " not committed", x.end);
    if (n > 0 && x.end.failed && x.end.failed->kind != outcome::in_doubt) out += text(sql + " committed", x.end);
    if (!died && x.end_asked && h.answers != 1) out += text(sql, h);
  }
  if (!died && x.end_asked && x.end.answers != 1) out += text("end", x.end);
  return out;
}

/// Who was at work last, by name.
using cast = std::map<std::string, caf::actor>;
using victim = std::function<caf::actor(actor_world&, const std::vector<caf::actor>& workers, const cast& seen)>;

options small() {
  auto o = world_options();
  o.pools[primary].connections_max = 3;
  return o;
}

struct expectations {
  bool bounded = true; ///< The pool never has more sessions than it may, not even for a moment.
};

/// Sessions that somebody has; a server goes on with a statement after its client has gone, which nobody can help.
std::size_t sessions(sim_server& x) {
  std::size_t n = 0;
  for (const auto& b : x.backends()) n += b->link().ended() ? 0 : 1;
  return n;
}

/// Six borrowers and some statements; before job `n` the victim dies.
int run_under_load(int n, death how, const victim& who, expectations want) {
  int deaths = 0;
  actor_world w{small()};
  w.advance(2s);
  std::vector<diary_ptr> notes;
  std::vector<caf::actor> workers;
  caf::actor dead;
  cast seen;
  for (int i = 0; i < steps_max; ++i) {
    if (i % 10 == 0 && i < 60) {
      notes.push_back(std::make_shared<diary>());
      const auto number = static_cast<int>(workers.size());
      if (number % 3 == 1)
        w.db[primary].script().add(
          {"insert t" + std::to_string(number) + "a v", fault_point::before_commit, fault_kind::delay});
      workers.push_back(w.spawn<worker>(w.delegate, number, notes.back()));
    }
    if (i % 15 == 5) w.write("insert w" + std::to_string(i) + " v", patience);
    if (auto x = w.next_in_line()) seen[actor_world::name_of(x)] = x;
    if (i == n) {
      w.strike(dead = who(w, workers, seen), how);
      deaths += dead ? 1 : 0;
      seen.clear();
    }
    w.step();
    if (want.bounded) REQUIRE(sessions(w.db[primary]) <= 3 + 1); // And the monitor's own.
  }
  for (int i = 0; i < 10; ++i) {
    w.advance(50ms);
    for (auto& server : w.db) server.release_delays();
  }
  w.advance(8s);
  for (std::size_t i = 0; i < notes.size(); ++i) CHECK(complaint(w, *notes[i], workers[i] == dead) == "");
  REQUIRE(w.broken_promises() == "");
  for (auto& x : workers) CHECK_FALSE(actor_world::alive(x));
  workers.clear();
  const auto after = w.write("insert after v");
  w.advance(100ms);
  CHECK(after->text() == "done");
  const auto p = w.pool(primary);
  CHECK(p.stats.connections.lent == 0);
  CHECK(p.stats.orders_queued == 0);
  CHECK(p.stats.outstanding == 0);
  CHECK(w.db[primary].backends().size() == p.stats.connections.total() + 1);
  return deaths;
}

void kill_at_every_step(const victim& who, expectations want = {}) {
  int deaths = 0;
  for (int n = 0; n < steps_max; ++n) {
    const auto how = static_cast<death>(n % 3);
    INFO("death " << static_cast<int>(how) << " before job " << n);
    deaths += run_under_load(n, how, who, want);
  }
  CHECK(deaths > steps_max / 2);
}

/// Whoever of that name was at work last.
victim last_at_work(std::string name) {
  return [name = std::move(name)](actor_world&, const auto&, const cast& seen) {
    const auto i = seen.find(name);
    return i == seen.end() ? caf::actor{} : i->second;
  };
}

} // namespace

TEST_CASE("Lending: a connection may die at every step", "[lease][kill]") {
  kill_at_every_step(last_at_work("tripool.connection"));
}

TEST_CASE("Lending: a transaction may die at every step", "[lease][kill]") {
  kill_at_every_step(last_at_work("tripool.transaction"));
}

TEST_CASE("Lending: a lease may die at every step", "[lease][kill]") {
  kill_at_every_step([](actor_world& w, const auto& workers, const cast& seen) {
    const auto x = last_at_work("tripool.session_lease")(w, workers, seen);
    return x ? x : last_at_work("tripool.transaction")(w, workers, seen);
  });
}

TEST_CASE("Lending: a borrower may die at every step", "[lease][kill]") {
  kill_at_every_step([](actor_world&, const auto& workers, const cast&) { return workers.at(workers.size() / 2); });
}

TEST_CASE("Lending: the pool may die at every step", "[lease][kill]") {
  kill_at_every_step([](actor_world& w, const auto&, const cast&) { return w.topology().pools.at(primary); }, {false});
}

TEST_CASE("Lending: the manager may die at every step", "[lease][kill]") {
  kill_at_every_step([](actor_world& w, const auto&, const cast&) { return w.topology().manager; });
}

TEST_CASE("Lending: the monitor may die at every step", "[lease][kill]") {
  kill_at_every_step([](actor_world& w, const auto&, const cast&) { return w.topology().monitor; });
}

TEST_CASE("Lending: whoever is at work may die at every step", "[lease][kill]") {
  kill_at_every_step(
    [](actor_world& w, const auto&, const cast&) {
      const auto x = w.next_in_line();
      return x == w.delegate ? caf::actor{} : x;
    },
    {false});
}

TEST_CASE("Lending: nothing lives on when the delegate dies", "[lease][kill]") {
  for (int n = 0; n < 40; ++n) {
    INFO("death before job " << n);
    actor_world w{small()};
    w.advance(2s);
    std::vector<diary_ptr> notes;
    std::vector<caf::actor> workers;
    for (int i = 0; i < 4; ++i) {
      notes.push_back(std::make_shared<diary>());
      workers.push_back(w.spawn<worker>(w.delegate, i, notes.back()));
    }
    for (int i = 0; i < n; ++i) w.step();
    w.strike(w.delegate, static_cast<death>(n % 3));
    w.advance(10s);
    for (std::size_t i = 0; i < notes.size(); ++i) CHECK(complaint(w, *notes[i], false) == "");
    workers.clear();
    CHECK(w.db[primary].backends().empty());
    CHECK(w.end() == 0);
  }
}
