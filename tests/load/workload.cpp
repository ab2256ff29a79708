// The callers, their book, and its audit.
#include "tests/load/workload.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

namespace tripool::test {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t keys_per_caller = 1'000'000'000;
constexpr duration late_after = 500ms;
/// After a refusal a caller waits before it asks again, as a sensible one does.
constexpr auto pause_after_failure = 5ms;

double milliseconds_of(duration x) {
  return std::chrono::duration<double, std::milli>(x).count();
}

statement insertion(std::int64_t key, std::int64_t part, bool slow) {
  statement s;
  s.text = slow ? "insert into ledger (k, part) select $1, $2 from pg_sleep(0.02)"
                : "insert into ledger (k, part) values ($1, $2)";
  s.parameters = {key, part};
  return s;
}

} // namespace

struct workload::shared {
  mutable std::mutex mutex;
  mutable std::condition_variable grown;
  std::vector<entry> book;
  std::size_t open = 0; ///< Requests without an answer.
  std::atomic<bool> stopping{false};
};

namespace {

/// One closed-loop caller: a request, its answer, the next request.
template <class Shared>
class caller final : public caf::event_based_actor {
public:
  caller(caf::actor_config& cfg, std::shared_ptr<Shared> book, caf::actor delegate, workload_options o, std::size_t n)
    : caf::event_based_actor(cfg),
      book_(std::move(book)),
      delegate_(std::move(delegate)),
      options_(std::move(o)),
      turn_(n),
      next_key_(options_.key_base + static_cast<std::int64_t>(n + 1) * keys_per_caller) {}

  caf::behavior make_behavior() override {
    send(this, caf::tick_atom::value);
    return {[this](caf::tick_atom) { next(); }};
  }

private:
  void next() {
    if (book_->stopping) return quit();
    entry e;
    e.what = options_.mix[turn_++ % options_.mix.size()];
    e.key = e.writes() ? ++next_key_ : next_key_;
    e.sent = std::chrono::steady_clock::now();
    {
      std::lock_guard<std::mutex> guard{book_->mutex};
      ++book_->open;
    }
    if (e.what != task::batch) {
      auto s = insertion(e.key, 0, e.what == task::slow);
      if (!e.writes()) {
        s = statement{};
        s.text = e.what == task::row ? "select * from ledger where k = $1" : "select count(*) from ledger where k = $1";
        s.parameters = {e.key};
        s.mode = access::read;
      }
      s.timeout = options_.deadline;
      return ask<result>(std::move(s), std::move(e));
    }
    batch b;
    b.statements = {insertion(e.key, 0, false), insertion(e.key, 1, false)};
    b.timeout = options_.deadline;
    ask<reply>(std::move(b), std::move(e));
  }

  template <class Answer, class Question>
  void ask(Question question, entry e) {
    auto held = std::make_shared<entry>(std::move(e));
    request(delegate_, caf::infinite, std::move(question))
      .then([this, held](const Answer&) { note(*held); },
            [this, held](const caf::error& x) {
              held->why = failure_of(x);
              held->kind = held->why.kind;
              note(*held);
            });
  }

  void note(entry& e) {
    e.answered = std::chrono::steady_clock::now();
    const bool failed = e.kind != outcome::done;
    {
      std::lock_guard<std::mutex> guard{book_->mutex};
      --book_->open;
      book_->book.push_back(std::move(e));
    }
    book_->grown.notify_all();
    delayed_send(this,
                 failed ? std::max<std::chrono::milliseconds>(options_.pause, pause_after_failure) : options_.pause,
                 caf::tick_atom::value);
  }

  std::shared_ptr<Shared> book_;
  caf::actor delegate_;
  workload_options options_;
  std::size_t turn_;
  std::int64_t next_key_;
};

} // namespace

workload::workload(caf::actor_system& sys, caf::actor delegate, workload_options o)
  : shared_(std::make_shared<shared>()), options_(std::move(o)) {
  for (std::size_t i = 0; i < options_.callers; ++i)
    callers_.push_back(sys.spawn<caller<shared>>(shared_, delegate, options_, i));
}

workload::~workload() {
  finish();
  for (const auto& x : callers_) caf::anon_send_exit(x, caf::exit_reason::kill);
}

std::optional<duration> workload::wait_until_done(time_point since, std::size_t n, std::chrono::milliseconds limit,
                                                  const std::function<bool(const entry&)>& which) const {
  std::unique_lock<std::mutex> guard{shared_->mutex};
  std::size_t seen = 0;
  std::size_t found = 0;
  time_point first = time_point::max();
  const auto enough = [&] {
    for (; seen < shared_->book.size(); ++seen) {
      const auto& e = shared_->book[seen];
      if (e.kind != outcome::done || e.sent < since || (which && !which(e))) continue;
      ++found;
      first = std::min(first, e.answered);
    }
    return found >= n;
  };
  if (!shared_->grown.wait_for(guard, limit, enough)) return std::nullopt;
  return first - since;
}

std::size_t workload::finish() {
  if (shared_->stopping.exchange(true)) return unanswered_;
  std::unique_lock<std::mutex> guard{shared_->mutex};
  shared_->grown.wait_for(guard, options_.deadline + 5s, [&] { return shared_->open == 0; });
  unanswered_ = shared_->open;
  return unanswered_;
}

std::vector<entry> workload::book() const {
  std::lock_guard<std::mutex> guard{shared_->mutex};
  return shared_->book;
}

namespace {

void complain(verdict& to, const char* what, const entry& e) {
  constexpr std::size_t examples_max = 12;
  if (to.examples.size() >= examples_max) return;
  to.examples.push_back(std::string{what} + ": key " + std::to_string(e.key) + ", task "
                        + std::to_string(static_cast<int>(e.what)) + ", " + std::string{to_string(e.kind)} + " after "
                        + std::to_string(milliseconds_of(e.answered - e.sent))
                        + " ms: " + (e.kind == outcome::done ? "" : to_string(e.why)));
}

/// Whether a sound statement may be refused so: by its deadline, or because others were in its way.
bool may_be_rejected(const std::string& sqlstate) {
  return sqlstate == "57014" || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03";
}

void judge_entry(verdict& to, const entry& e, const rows_by_key& rows, bool must_be_there) {
  const auto i = rows.find(e.key);
  const auto found = i == rows.end() ? std::array<std::size_t, 2>{} : i->second;
  const auto parts = e.what == task::batch ? std::size_t{2} : std::size_t{1};
  const auto all = found[0] + found[1];
  if (found[0] > 1 || found[1] > 1) {
    ++to.duplicate;
    complain(to, "duplicate", e);
  } else if (all != 0 && all != parts) {
    ++to.torn;
    complain(to, "torn", e);
  }
  if (e.kind == outcome::done && must_be_there && all == 0) {
    ++to.lost;
    complain(to, "lost", e);
  }
  if ((e.kind == outcome::not_executed || e.kind == outcome::rejected) && all != 0) {
    ++to.phantom;
    complain(to, "phantom", e);
  }
}

duration longest_gap(const std::vector<entry>& book) {
  std::vector<time_point> times;
  for (const auto& e : book)
    if (e.writes() && e.kind == outcome::done) times.push_back(e.answered);
  std::sort(times.begin(), times.end());
  duration out{0};
  for (std::size_t i = 1; i < times.size(); ++i) out = std::max(out, times[i] - times[i - 1]);
  return out;
}

} // namespace

cluster::result<rows_by_key> read_ledger(cluster::private_cluster& home, std::size_t member,
                                         const std::string& database) {
  rows_by_key out;
  auto found = home.sql(member, "select k, part, count(*) from ledger group by k, part", database);
  if (!found) return found.error();
  for (const auto& r : *found) out[std::stoll(r[0])][r[1] == "0" ? 0 : 1] = std::stoul(r[2]);
  return out;
}

verdict judge(workload& load, const rows_by_key& rows, const workload_options& o,
              const std::function<bool(const entry&)>& counts) {
  verdict out;
  out.unanswered = load.finish();
  const auto book = load.book();
  std::size_t known = 0;
  for (const auto& e : book) {
    if (e.writes() && rows.count(e.key) > 0) ++known;
    if (e.kind == outcome::rejected && !may_be_rejected(e.why.sqlstate)) {
      ++out.misreported;
      complain(out, "misreported", e);
    }
    ++out.by_outcome[static_cast<std::size_t>(e.kind)];
    const auto lateness = e.answered - e.sent - o.deadline;
    out.worst_lateness = std::max(out.worst_lateness, lateness);
    if (lateness > late_after) {
      ++out.late;
      complain(out, "late", e);
    }
    if (e.writes()) judge_entry(out, e, rows, !counts || counts(e));
    if (e.kind == outcome::done) continue;
    auto& n =
      out.failures[std::string{to_string(e.kind)} + " " + std::string{to_string(e.why.why)} + " " + e.why.sqlstate];
    if (n++ == 0) complain(out, "a failure", e);
  }
  const auto own = rows.lower_bound(o.key_base + keys_per_caller); // Below are keys of no caller.
  const auto all = static_cast<std::size_t>(std::distance(own, rows.end()));
  if (out.unanswered == 0 && all > known) out.misreported += all - known;
  out.longest_gap = longest_gap(book);
  return out;
}

std::string to_string(const verdict& x) {
  std::string out = std::to_string(x.total()) + " requests: " + std::to_string(x.of(outcome::done)) + " done, "
                    + std::to_string(x.of(outcome::not_executed)) + " not executed, "
                    + std::to_string(x.of(outcome::rejected)) + " rejected, " + std::to_string(x.of(outcome::in_doubt))
                    + " in doubt; lost " + std::to_string(x.lost) + ", duplicate " + std::to_string(x.duplicate)
                    + ", phantom " + std::to_string(x.phantom) + ", torn " + std::to_string(x.torn) + ", misreported "
                    + std::to_string(x.misreported) + ", unanswered " + std::to_string(x.unanswered) + ", late "
                    + std::to_string(x.late) + " (worst " + std::to_string(milliseconds_of(x.worst_lateness))
                    + " ms); longest gap " + std::to_string(milliseconds_of(x.longest_gap)) + " ms";
  for (const auto& [what, n] : x.failures) out += "\n  " + std::to_string(n) + " x " + what;
  for (const auto& e : x.examples) out += "\n  " + e;
  return out;
}

} // namespace tripool::test
