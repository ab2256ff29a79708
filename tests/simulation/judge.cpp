// What was promised, compared with what the servers know: answers against ledgers, acknowledged writes against the
// history that survives, batches as a whole, and whether the service works again after the last fault.
// Used by tripool-sim through simulation.hpp.
#include "tests/simulation/simulation.hpp"

#include <algorithm>

namespace tripool::test {

namespace {

/// "k5" of "insert k5 v".
std::string key_of(const std::string& text) {
  return sim_parse(text).key;
}

} // namespace

/// Unanswered, answered twice, late, lost, duplicate, phantom.
void simulation::check() {
  const auto found = world_.broken_promises();
  if (!found.empty()) report_.broken.push_back(found);
}

/// From when on Tripool knew the new primary for certain: it had an answer to a write from it.
std::optional<time_point> simulation::fence_of(const era& x) {
  std::optional<time_point> out;
  for (const auto& t : world_.asked()) {
    if (!t->is_done() || t->mode == access::read || (out && *out <= t->at)) continue;
    if (world_.db[x.now].ledger().committed(t->texts.front()) > 0) out = t->at;
  }
  return out;
}

/// An asynchronous standby that is promoted lacks what its primary had not sent by then: acknowledged writes are lost,
/// and no client can help it. That holds for what the old primary alone has committed beyond the fork, and only for
/// requests from before the moment when Tripool demonstrably knew the new primary; what a ghost acknowledges later is
/// Tripool's own fault.
bool simulation::excused(const told& x, const std::string& key) {
  for (const auto& e : eras_) {
    const auto& log = world_.db[e.old].store().log();
    const auto touches = [&](const auto& transaction) {
      return std::any_of(transaction.begin(), transaction.end(), [&](const auto& w) { return w.key == key; });
    };
    const auto from = log.begin() + static_cast<std::ptrdiff_t>(std::min(e.fork, log.size()));
    if (std::none_of(from, log.end(), touches)) continue;
    const auto fence = fence_of(e);
    if (!fence || x.asked <= *fence) return true;
  }
  return false;
}

void simulation::check_histories() {
  for (const auto& x : world_.asked()) {
    if (!x->is_done() || x->mode == access::read) continue;
    for (const auto& text : x->texts) {
      const auto key = key_of(text);
      if (!world_.db[leader_].store().at(key).empty()) continue;
      if (excused(*x, key)) {
        ++report_.lost_by_server;
      } else {
        report_.broken.push_back(text + ": acknowledged, but not in the history that survives");
      }
    }
  }
}

void simulation::check_batches() {
  for (const auto& x : world_.asked()) {
    if (x->texts.size() < 2) continue;
    const auto first = world_.committed(x->texts.front());
    for (const auto& text : x->texts)
      if (world_.committed(text) != first) report_.broken.push_back(text + ": its batch is torn; told: " + x->text());
  }
}

/// With all servers up, writes and reads are served.
void simulation::check_recovery() {
  const auto write = world_.write("insert after v");
  const auto read = world_.read("select after");
  world_.advance(world_.env->config.requests.deadline + std::chrono::seconds{1});
  if (!write->is_done()) report_.broken.push_back("no write after all faults have ended: " + write->text());
  if (!read->is_done()) report_.broken.push_back("no read after all faults have ended: " + read->text());
}

void simulation::count() {
  for (const auto& x : world_.asked()) {
    ++report_.requests;
    if (x->is_done()) ++report_.done;
    if (x->is(outcome::not_executed)) ++report_.not_executed;
    if (x->is(outcome::rejected)) ++report_.rejected;
    if (x->is(outcome::in_doubt)) ++report_.in_doubt;
    report_.history.push_back((x->texts.empty() ? std::string{} : x->texts.front()) + " -> " + x->text());
  }
}

} // namespace tripool::test
