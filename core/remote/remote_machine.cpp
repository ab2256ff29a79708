// Links, and the calls on them.
#include "tripool/core/remote/remote_machine.hpp"

#include "tripool/core/util/milliseconds.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tripool {

namespace {

std::uint64_t bit(node_index i) noexcept {
  return i < 64 ? std::uint64_t{1} << i : 0;
}

} // namespace

remote_machine::remote_machine(std::vector<std::string> names, remote_limits limits, std::uint64_t seed, time_point now)
  : limits_(limits), random_(seed) {
  for (auto& n : names) nodes_.emplace_back(std::move(n), limits_).due = now;
}

// -- calls ------------------------------------------------------------------------------------------------------------

void remote_machine::submit(call_id id, const remote_call& x, time_point now, effects& out) {
  auto [i, fresh] = calls_.emplace(id, call{});
  auto& c = i->second;
  c.what = x;
  set_timer(id, c, x.deadline);
  if (now >= x.deadline) return fail(id, expired(c), out);
  if (calls_.size() > limits_.calls_max) {
    failure f;
    f.why = cause::queue_full;
    f.message = "as many calls to other nodes are unanswered as are allowed: " + std::to_string(limits_.calls_max);
    f.hint = "send it again in a moment, or raise calls_max";
    return fail(id, std::move(f), out);
  }
  place(id, c, now, out);
}

/// Sends it to a node that is up, or lets it wait for one; what belongs to a node that is not there ends.
void remote_machine::place(call_id id, call& x, time_point now, effects& out) {
  if (const auto to = choose(x)) return send(id, x, *to, now, out);
  if (x.what.only) return fail(id, broken(x, nodes_[*x.what.only]), out);
  waiting_.insert(id);
}

/// The node with the fewest calls of two that are chosen at random, those first that have not had it.
std::optional<node_index> remote_machine::choose(const call& x) {
  if (x.what.only) return up(*x.what.only) ? x.what.only : std::nullopt;
  for (const bool again : {false, true}) {
    auto all = all_up();
    std::erase_if(all, [&](node_index i) { return !again && (x.tried & bit(i)) != 0; });
    if (all.empty()) continue;
    const auto one = all[random_up_to(random_.next(), all.size() - 1)];
    const auto two = all[random_up_to(random_.next(), all.size() - 1)];
    return nodes_[two].outstanding < nodes_[one].outstanding ? two : one;
  }
  return std::nullopt;
}

void remote_machine::send(call_id id, call& x, node_index to, time_point now, effects& out) {
  waiting_.erase(id);
  x.at = to;
  x.tried |= bit(to);
  ++x.attempts;
  ++nodes_[to].outstanding;
  set_timer(id, x, x.what.deadline + limits_.grace);
  out.emplace_back(send_call_effect{id, to, x.what.deadline - now});
}

bool remote_machine::answered(call_id id, node_index node) {
  const auto i = calls_.find(id);
  if (i == calls_.end() || i->second.at != node) return false;
  forget(id);
  return true;
}

bool remote_machine::turned_away(call_id id, node_index node, time_point now, effects& out) {
  const auto i = calls_.find(id);
  if (i == calls_.end() || i->second.at != node) return true; // An old answer: the call has ended, or is elsewhere.
  auto& x = i->second;
  const bool others = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& n) {
    return n.what == state::up && (x.tried & bit(static_cast<node_index>(&n - nodes_.data()))) == 0;
  });
  if (!others || x.what.only || x.attempts >= limits_.attempts_max || now >= x.what.deadline) {
    forget(id);
    return false;
  }
  --nodes_[node].outstanding;
  x.at.reset();
  place(id, x, now, out);
  return true;
}

void remote_machine::withdraw(call_id id, effects& out) {
  if (!waiting_.contains(id)) return;
  failure f;
  f.why = cause::cancelled;
  f.message = "its caller cancelled it while it waited for a node";
  fail(id, std::move(f), out);
}

bool remote_machine::doubted(call_id id) const noexcept {
  const auto i = calls_.find(id);
  return i != calls_.end() && i->second.doubted;
}

void remote_machine::set_timer(call_id id, call& x, time_point when) {
  if (x.timer != deadline_map::iterator{}) deadlines_.erase(x.timer);
  x.timer = deadlines_.emplace(when, id);
}

void remote_machine::forget(call_id id) {
  const auto i = calls_.find(id);
  if (i->second.at) --nodes_[*i->second.at].outstanding;
  deadlines_.erase(i->second.timer);
  waiting_.erase(id);
  calls_.erase(i);
}

void remote_machine::fail(call_id id, failure why, effects& out) {
  const auto& x = calls_.at(id);
  if (x.doubted && x.what.write && why.kind == outcome::not_executed) {
    why.kind = outcome::in_doubt;
    why.detail = "the answer of an earlier attempt was lost";
  }
  why.attempts = x.attempts;
  if (why.kind == outcome::not_executed && why.proved == proof::none) why.proved = proof::never_sent;
  forget(id);
  out.emplace_back(fail_call_effect{id, std::move(why)});
}

// -- nodes ------------------------------------------------------------------------------------------------------------

void remote_machine::welcomed(node_index i, time_point now, effects& out) {
  auto& n = nodes_[i];
  n.what = state::up;
  n.heard = now;
  n.due = now + limits_.ping_pause;
  n.pauses.reset();
  n.problem.clear();
  for (const auto id : std::vector<call_id>(waiting_.begin(), waiting_.end())) place(id, calls_.at(id), now, out);
}

void remote_machine::heard(node_index i, time_point now) noexcept {
  nodes_[i].heard = now;
}

void remote_machine::lost(node_index i, std::string why, time_point now, effects& out) {
  auto& n = nodes_[i];
  if (n.what == state::down) return;
  n.what = state::down;
  ++n.losses;
  n.problem = std::move(why);
  n.due = now + n.pauses.next(random_.next());
  std::vector<call_id> theirs;
  for (const auto& [id, x] : calls_)
    if (x.at == i) theirs.push_back(id);
  for (const auto id : theirs) {
    auto& x = calls_.at(id);
    --n.outstanding;
    x.at.reset();
    x.doubted = true;
    const bool again = x.what.harmless && !x.what.only && x.attempts < limits_.attempts_max && now < x.what.deadline;
    if (!again) {
      fail(id, broken(x, n), out);
      continue;
    }
    set_timer(id, x, x.what.deadline);
    place(id, x, now, out);
  }
}

void remote_machine::tick(time_point now, effects& out) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto id = deadlines_.begin()->second;
    fail(id, expired(calls_.at(id)), out);
  }
  for (node_index i = 0; i < nodes_.size(); ++i) {
    auto& n = nodes_[i];
    if (n.what == state::up && now - n.heard >= limits_.silence_max) {
      out.emplace_back(drop_node_effect{i, "no sign of life for " + milliseconds(now - n.heard)});
      lost(i, "no sign of life for " + milliseconds(now - n.heard), now, out);
    } else if (n.what == state::dialling && now >= n.due) {
      out.emplace_back(drop_node_effect{i, "no answer to a dial"});
      lost(i, "no answer to a dial within " + milliseconds(limits_.dial_timeout), now, out);
    } else if (n.what == state::up && now >= n.due) {
      n.due = now + limits_.ping_pause;
      out.emplace_back(ping_node_effect{i});
    } else if (n.what == state::down && now >= n.due) {
      n.what = state::dialling;
      n.due = now + limits_.dial_timeout;
      ++n.dials;
      out.emplace_back(dial_node_effect{i});
    }
  }
}

std::vector<node_index> remote_machine::all_up() const {
  std::vector<node_index> out;
  for (node_index i = 0; i < nodes_.size(); ++i)
    if (up(i)) out.push_back(i);
  return out;
}

std::optional<time_point> remote_machine::next_wake() const noexcept {
  std::optional<time_point> out;
  const auto sooner = [&](time_point x) {
    if (!out || x < *out) out = x;
  };
  if (!deadlines_.empty()) sooner(deadlines_.begin()->first);
  for (const auto& n : nodes_) sooner(n.what == state::up ? std::min(n.due, n.heard + limits_.silence_max) : n.due);
  return out;
}

// -- words ------------------------------------------------------------------------------------------------------------

failure remote_machine::nobody(const call& x) const {
  failure f;
  f.why = cause::no_server;
  f.message = "no node of Tripool took it by its deadline:";
  for (const auto& n : nodes_)
    f.message += ' ' + n.name + " (" + (n.problem.empty() ? std::string{"not reached yet"} : n.problem) + ')';
  f.hint = "look whether the nodes run and can be reached from here; nothing was sent";
  if (x.attempts > 0) f.hint = "look whether the nodes run and can be reached from here";
  return f;
}

failure remote_machine::broken(const call& x, const node_record& n) const {
  failure f;
  f.why = cause::connection_lost;
  f.server = n.name;
  if (x.attempts == 0) {
    f.message = "the link to the node of its session is gone: " + n.problem;
    f.hint = "begin again: a session ends with its link";
    return f;
  }
  f.kind = outcome::in_doubt;
  f.message = "the link to the node broke after it was sent: " + n.problem;
  f.hint = "look whether it took effect before sending it again";
  return f;
}

failure remote_machine::expired(const call& x) const {
  if (!x.at) {
    auto f = nobody(x);
    f.why = cause::deadline;
    return f;
  }
  failure f;
  f.kind = outcome::in_doubt;
  f.why = cause::deadline;
  f.server = nodes_[*x.at].name;
  f.message = "the node gave no answer by its deadline, nor " + milliseconds(limits_.grace) + " after it";
  f.hint = "look whether it took effect before sending it again";
  return f;
}

std::vector<remote_node_status> remote_machine::status() const {
  static constexpr const char* names[] = {"down", "dialling", "up"};
  std::vector<remote_node_status> out;
  for (const auto& n : nodes_)
    out.push_back({n.name, names[static_cast<int>(n.what)], n.outstanding, n.dials, n.losses, n.problem});
  return out;
}

} // namespace tripool
