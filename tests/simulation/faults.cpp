// What befalls servers, networks and sessions in a history, and how all of it ends.
// Used by tripool-sim through simulation.hpp.
#include "tests/simulation/simulation.hpp"

#include <algorithm>

namespace tripool::test {

void simulation::fault() {
  const auto i = any_server();
  switch (pick(6)) {
    case 0: return fault_of_server(i);
    case 1: return fault_of_dials(i);
    case 2: return fault_of_sessions(i);
    case 3:
    case 4: return fault_of_statements(leader_);
    default: return promote();
  }
}

void simulation::fault_of_server(std::size_t i) {
  auto& db = world_.db[i];
  const auto name = "server " + std::to_string(i) + ": ";
  if (db.hung()) {
    note(name + "resumes");
    db.resume();
  } else if (db.dials().unreachable) {
    note(name + "starts");
    db.start();
  } else if (chance(40)) {
    note(name + "hangs");
    db.hang();
  } else if (chance(70)) {
    note(name + "crashes");
    db.crash();
  } else {
    note(name + (db.read_only() ? "takes writes" : "is read-only"));
    db.set_read_only(!db.read_only());
  }
}

void simulation::fault_of_dials(std::size_t i) {
  auto& rules = world_.db[i].dials();
  const auto name = "server " + std::to_string(i) + ": ";
  switch (pick(4)) {
    case 0: {
      server_message m;
      m.severity = "FATAL";
      m.sqlstate = chance(50) ? "57P03" : "53300";
      m.message = "not now";
      note(name + "refuses with " + m.sqlstate);
      rules.refuse = std::move(m);
      break;
    }
    case 1:
      note(name + "accepts and is silent");
      rules.silent = true;
      break;
    case 2:
      note(name + "takes three sessions");
      rules.sessions_max = 3;
      break;
    default:
      note(name + "takes sessions again");
      rules.refuse.reset();
      rules.silent = false;
      rules.sessions_max = 100;
  }
}

void simulation::fault_of_sessions(std::size_t i) {
  const auto name = "server " + std::to_string(i) + ": ";
  const auto all = world_.db[i].backends();
  if (all.empty()) return;
  if (chance(20)) {
    note(name + "terminates all sessions");
    return world_.db[i].terminate_all();
  }
  const auto& one = all[static_cast<std::size_t>(pick(all.size()))];
  const auto session = name + "session " + std::to_string(one->pid());
  switch (pick(4)) {
    case 0: note(session + " is reset"); return one->link().cut();
    case 1: note(session + " dies"); return one->die();
    case 2: note(session + " answers nothing"); return one->link().hold();
    default: note(session + " is half open"); return one->link().block_writes(true);
  }
}

void simulation::fault_of_statements(std::size_t i) {
  static constexpr fault_point points[] = {fault_point::before, fault_point::after, fault_point::before_commit,
                                           fault_point::after_commit};
  sim_fault x;
  x.at = points[pick(4)];
  switch (pick(4)) {
    case 0: x.what = fault_kind::lose; break;
    case 1:
      x.what = x.at == fault_point::after_commit ? fault_kind::lose : fault_kind::error;
      x.sqlstate = "40001";
      break;
    case 2:
      x.what = x.at == fault_point::after_commit ? fault_kind::lose : fault_kind::fatal;
      x.sqlstate = "57P01";
      break;
    default: x.what = x.at == fault_point::after ? fault_kind::lose : fault_kind::delay;
  }
  note("server " + std::to_string(i) + ": fault " + std::to_string(static_cast<int>(x.what)) + " at point "
       + std::to_string(static_cast<int>(x.at)));
  world_.db[i].script().add(std::move(x));
}

/// The standby that has replayed most becomes the primary; the old one crashes, hangs, or lives on as a ghost.
void simulation::promote() {
  std::size_t best = world_.db.size();
  for (std::size_t i = 0; i < world_.db.size(); ++i) {
    if (i == leader_ || !world_.db[i].in_recovery()) continue;
    if (best == world_.db.size() || world_.db[i].store().log().size() > world_.db[best].store().log().size()) best = i;
  }
  if (best == world_.db.size()) return;
  auto& old = world_.db[leader_];
  const auto how = pick(3);
  if (how == 0) old.crash();
  if (how == 1) old.hang();
  note("server " + std::to_string(best) + " is promoted in place of " + std::to_string(leader_)
       + (how == 0   ? ", which crashes"
          : how == 1 ? ", which hangs"
                     : ", which goes on"));
  eras_.push_back({leader_, best, world_.db[best].store().log().size()});
  // No server takes a timeline that another one has: they share the archive of histories, as operators see to.
  std::uint32_t highest = 0;
  for (const auto& x : world_.db) highest = std::max(highest, x.timeline());
  world_.db[best].set_timeline(highest);
  world_.db[best].promote();
  leader_ = best;
}

/// Ends all faults. Ghosts stay what they are: they must be fenced for ever.
void simulation::heal() {
  note("all faults end");
  for (auto& db : world_.db) {
    db.script().clear();
    db.dials() = {};
    db.resume();
    db.set_read_only(false);
    db.release_delays();
    for (const auto& b : db.backends()) {
      b->link().release_all();
      b->link().block_writes(false);
    }
  }
}

} // namespace tripool::test
