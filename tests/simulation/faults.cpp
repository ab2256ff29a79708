// The faults.
// Used by the simulation through faults.hpp. Knows the simulated servers.
#include "tests/simulation/faults.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

namespace {

std::string name_of(std::size_t i) {
  return "server " + std::to_string(i) + ": ";
}

} // namespace

bool faults::works(std::size_t i) const {
  return !s_.world.db[i].hung() && !s_.world.db[i].dials().unreachable;
}

void faults::strike() {
  const auto i = any_server();
  switch (s_.pick(11)) {
    case 0: return of_server(i);
    case 1: return of_dials(i);
    case 2: return of_sessions(i);
    case 3: return of_links(i);
    case 4:
    case 5:
    case 6: return of_statements(s_.leader);
    case 7: return of_administrators(i);
    case 8: return of_standbys();
    case 9: return rejoin(i);
    default: return promote();
  }
}

void faults::of_server(std::size_t i) {
  auto& db = s_.world.db[i];
  if (db.hung()) {
    s_.note(name_of(i) + "resumes");
    db.resume();
  } else if (db.dials().unreachable) {
    s_.note(name_of(i) + "starts");
    db.start();
  } else if (s_.chance(40)) {
    s_.note(name_of(i) + "hangs");
    db.hang();
  } else if (s_.chance(70)) {
    s_.note(name_of(i) + "crashes");
    db.crash();
  } else {
    s_.note(name_of(i) + (db.read_only() ? "takes writes" : "is read-only"));
    db.set_read_only(!db.read_only());
  }
}

void faults::of_dials(std::size_t i) {
  auto& rules = s_.world.db[i].dials();
  switch (s_.pick(4)) {
    case 0: {
      static constexpr const char* codes[] = {"57P03", "53300", "28P01", "3D000"};
      server_message m;
      m.severity = "FATAL";
      m.sqlstate = codes[s_.pick(4)];
      m.message = "not now";
      s_.note(name_of(i) + "refuses with " + m.sqlstate);
      rules.refuse = std::move(m);
      break;
    }
    case 1:
      s_.note(name_of(i) + "accepts and is silent");
      rules.silent = true;
      break;
    case 2:
      s_.note(name_of(i) + "takes three sessions");
      rules.sessions_max = 3;
      break;
    default:
      s_.note(name_of(i) + "takes sessions again");
      rules.refuse.reset();
      rules.silent = false;
      rules.sessions_max = 100;
  }
}

void faults::of_sessions(std::size_t i) {
  const auto all = s_.world.db[i].backends();
  if (all.empty()) return;
  if (s_.chance(20)) {
    s_.note(name_of(i) + "terminates all sessions");
    return s_.world.db[i].terminate_all(s_.chance(70) ? "57P01" : "57P02");
  }
  const auto& one = all[static_cast<std::size_t>(s_.pick(all.size()))];
  const auto session = name_of(i) + "session " + std::to_string(one->pid());
  switch (s_.pick(3)) {
    case 0: s_.note(session + " is reset"); return one->link().cut();
    case 1: s_.note(session + " dies"); return one->die();
    default: s_.note(session + " forgets its statements"); return one->forget_statements();
  }
}

/// Of one session's link, or of all of a server's.
void faults::of_links(std::size_t i) {
  const auto all = s_.world.db[i].backends();
  if (all.empty()) return;
  const bool every = s_.chance(40);
  const auto one = static_cast<std::size_t>(s_.pick(all.size()));
  const auto how = s_.pick(3);
  static constexpr const char* names[] = {"answers nothing", "is half open", "loses what is written"};
  s_.note(name_of(i) + (every ? "every session" : "session " + std::to_string(all[one]->pid())) + " " + names[how]);
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (!every && k != one) continue;
    auto& link = all[k]->link();
    if (how == 0) link.hold();
    if (how == 0) lossy_.push_back(all[k]);
    if (how == 1) link.block_writes(true);
    if (how == 2) lose_writes(all[k]);
  }
}

void faults::hold_all(std::size_t i) {
  s_.note(name_of(i) + "every session answers nothing");
  for (const auto& b : s_.world.db[i].backends()) {
    b->link().hold();
    lossy_.push_back(b); // Its process may end meanwhile, and nobody would find the link again.
  }
}

void faults::lose_all(std::size_t i) {
  s_.note(name_of(i) + "every session loses what is written");
  for (const auto& b : s_.world.db[i].backends()) lose_writes(b);
}

void faults::lose_writes(const std::shared_ptr<sim_backend>& of) {
  of->link().lose_writes();
  lossy_.push_back(of);
}

void faults::reset_all(std::size_t i) {
  s_.note(name_of(i) + "every session is reset");
  for (const auto& b : s_.world.db[i].backends()) b->link().cut();
}

void faults::crash_all() {
  s_.note("all servers crash");
  for (auto& db : s_.world.db) db.crash();
}

void faults::start_all() {
  s_.note("all servers start");
  for (auto& db : s_.world.db) db.start();
}

void faults::of_statements(std::size_t i) {
  static constexpr fault_point points[] = {fault_point::before, fault_point::after, fault_point::before_commit,
                                           fault_point::after_commit};
  static constexpr const char* codes[] = {"40001", "40P01", "23505", "53300", "57014"};
  sim_fault x;
  x.at = points[s_.pick(4)];
  switch (s_.pick(4)) {
    case 0: x.what = fault_kind::lose; break;
    case 1:
      x.what = x.at == fault_point::after_commit ? fault_kind::lose : fault_kind::error;
      x.sqlstate = codes[s_.pick(5)];
      break;
    case 2:
      x.what = x.at == fault_point::after_commit ? fault_kind::lose : fault_kind::fatal;
      x.sqlstate = s_.chance(70) ? "57P01" : "57P05";
      break;
    default: x.what = x.at == fault_point::after ? fault_kind::lose : fault_kind::delay;
  }
  x.times = s_.chance(80) ? 1 : static_cast<std::uint32_t>(2 + s_.pick(4));
  s_.note(name_of(i) + "fault " + std::to_string(static_cast<int>(x.what)) + " at point "
          + std::to_string(static_cast<int>(x.at)) + " x" + std::to_string(x.times));
  s_.world.db[i].script().add(std::move(x));
}

void faults::of_administrators(std::size_t i) {
  auto& db = s_.world.db[i];
  const auto all = db.backends();
  switch (s_.pick(4)) {
    case 0: s_.note(name_of(i) + "the schema changes"); return db.change_schema();
    case 1:
      s_.note(name_of(i) + (db.eager_replies() ? "answers at the Sync" : "answers at once"));
      return db.set_eager_replies(!db.eager_replies());
    case 2:
      if (all.empty()) return;
      s_.note(name_of(i) + "a session is terminated");
      return all[static_cast<std::size_t>(s_.pick(all.size()))]->terminate("57P01", "terminating connection");
    default:
      s_.note(name_of(i) + "all statements are cancelled");
      for (const auto& b : all) b->cancel();
  }
}

void faults::of_standbys() {
  const auto i = any_server();
  if (i == s_.leader) return;
  paused_[i] = !paused_[i];
  s_.note(name_of(i) + (paused_[i] ? "replays nothing" : "replays again"));
  s_.world.db[i].set_replay_lag(paused_[i] ? std::optional<double>{20.0} : std::nullopt);
}

/// A ghost is rewound and becomes a standby.
void faults::rejoin(std::size_t i) {
  if (i == s_.leader || s_.world.db[i].in_recovery() || !works(s_.leader)) return;
  s_.note(name_of(i) + "becomes a standby of server " + std::to_string(s_.leader));
  s_.book.rejoins(i);
  s_.world.db[i].rejoin(s_.world.db[s_.leader]);
  s_.world.db[i].resume(); // What had waited for it to go on is gone with its processes.
}

std::size_t faults::best_standby() const {
  const auto& all = s_.world.db;
  std::size_t best = all.size();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == s_.leader || !all[i].in_recovery()) continue;
    const auto size = [&](std::size_t k) { return s_.world.db[k].store().log().size(); };
    if (best == all.size() || size(i) > size(best)) best = i;
  }
  return best;
}

void faults::become_leader(std::size_t i) {
  s_.book.promoted(s_.leader, i, s_.world.db[i].store().log().size());
  // No server takes a timeline that another one has: they share the archive of histories, as operators see to.
  std::uint32_t highest = 0;
  for (const auto& x : s_.world.db) highest = std::max(highest, x.timeline());
  s_.world.db[i].set_timeline(highest);
  s_.world.db[i].promote();
  s_.leader = i;
}

void faults::promote(std::size_t how) {
  if (!s_.plan.resilient) return; // The simple pool has one server, and would not find the new one.
  const auto best = best_standby();
  if (best == s_.world.db.size()) return;
  // Who has synchronous commits promotes no server that lacks some of them.
  if (s_.plan.synchronous && s_.world.db[best].store().log().size() < confirmed_) return;
  auto& old = s_.world.db[s_.leader];
  if (how == 0) old.crash();
  if (how == 1) old.hang();
  static constexpr const char* ends[] = {", which crashes", ", which hangs", ", which goes on"};
  s_.note(name_of(best) + "is promoted in place of " + std::to_string(s_.leader) + ends[how]);
  become_leader(best);
}

void faults::switch_over() {
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) rejoin(i);
  const auto best = best_standby();
  if (best == s_.world.db.size()) return;
  const auto old = s_.leader;
  const bool ends_sessions = s_.chance(50);
  s_.note(name_of(best) + "takes over from " + std::to_string(old)
          + (ends_sessions ? "" : ", which only becomes read-only"));
  auto& from = s_.world.db[old];
  if (!ends_sessions) from.set_read_only(true);
  s_.world.db[best].replay_from(from);
  confirmed_ = from.store().log().size();
  from.replicated(confirmed_);
  become_leader(best);
  if (!ends_sessions) return;
  from.terminate_all();
  s_.book.rejoins(old);
  from.make_standby();
}

void faults::pass() {
  replicate();
  if (!s_.chance(15)) return;
  for (auto& db : s_.world.db) {
    db.release_delays();
    for (const auto& b : db.backends()) {
      if (s_.chance(50)) b->link().release(1 + static_cast<std::size_t>(s_.pick(3)));
      if (s_.chance(20)) b->link().release_all();
      if (s_.chance(20)) b->link().block_writes(false);
    }
  }
}

/// A server that is down or hangs neither sends nor receives.
void faults::replicate() {
  auto& from = s_.world.db[s_.leader];
  if (!works(s_.leader)) return;
  const auto there = from.store().log().size();
  std::size_t most = 0;
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) {
    auto& db = s_.world.db[i];
    if (i == s_.leader || !db.in_recovery() || !works(i)) continue;
    const auto here = db.store().log().size();
    if (!paused_[i] && !s_.chance(30)) db.replay_from(from, here < there ? here + s_.pick(there - here) + 1 : here);
    if (db.timeline() == from.timeline()) most = std::max(most, db.store().log().size());
  }
  if (!s_.plan.synchronous) return;
  confirmed_ = std::max(confirmed_, most);
  from.replicated(most);
}

void faults::heal() {
  s_.note("all faults end");
  paused_ = {};
  for (const auto& x : std::exchange(lossy_, {}))
    if (const auto b = x.lock()) b->link().cut();
  for (auto& db : s_.world.db) {
    db.script().clear();
    auto password = db.dials().password;
    db.dials() = {};
    db.dials().password = std::move(password);
    db.resume();
    db.set_read_only(false);
    db.set_replay_lag(std::nullopt);
    db.set_eager_replies(false);
    db.release_delays();
    for (const auto& b : db.backends()) {
      b->link().release_all();
      b->link().block_writes(false);
    }
  }
  if (s_.plan.synchronous) // Without a standby nothing could be committed.
    for (std::size_t i = 0; i < s_.world.db.size(); ++i) rejoin(i);
  for (std::size_t i = 0; i < s_.world.db.size(); ++i)
    if (i != s_.leader && s_.world.db[i].in_recovery()) s_.world.db[i].replay_from(s_.world.db[s_.leader]);
  confirmed_ = s_.world.db[s_.leader].store().log().size();
  s_.world.db[s_.leader].replicated(confirmed_);
}

} // namespace tripool::test
