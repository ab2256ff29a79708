// Judging answers and commits.
// Used by the simulation through account.hpp. Knows the servers' ledgers and no actor.
#include "tests/simulation/account.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

namespace {

/// "k5" of "insert k5 v".
std::string key_of(const std::string& text) {
  return sim_parse(text).key;
}

} // namespace

std::string deed::text() const {
  if (answers == 0) return orphan ? "no answer, and nobody to hear it" : "no answer";
  if (done) return "done";
  return to_string(*failed);
}

account::account(actor_world& w, bool synchronous, complaints to)
  : world_(w), synchronous_(synchronous), broken_(std::move(to)) {
  for (std::size_t i = 0; i < world_.db.size(); ++i) {
    world_.db[i].ledger().watch([this, i](const sim_execution& x) {
      const bool counts = x.wrote || x.text.starts_with("notify ");
      if (counts && x.now == sim_execution::end::committed) committed(i, x.text);
    });
  }
}

deed_ptr account::open(deed x, std::chrono::milliseconds timeout) {
  const auto& limits = world_.env->config.requests;
  x.asked = world_.now();
  x.deadline = x.asked + (timeout.count() > 0 ? std::min(duration{timeout}, limits.deadline_max) : limits.deadline);
  auto out = std::make_shared<deed>(std::move(x));
  if (!out->again)
    for (const auto& text : out->texts) by_text_.emplace(text, out);
  all_.push_back(out);
  open_.push_back(out);
  return out;
}

void account::add(const deed_ptr& to, const std::string& text) {
  to->texts.push_back(text);
  by_text_.emplace(text, to);
}

void account::owe(const deed_ptr& x, std::chrono::milliseconds timeout) {
  x->asked = world_.now();
  x->deadline = x->asked + timeout;
  x->orphan = false;
  open_.push_back(x);
}

void account::told(deed& x, std::vector<result> rows) {
  ++x.answers;
  x.at = world_.now();
  x.done = std::move(rows);
  answered(x);
}

void account::told(deed& x, failure why) {
  ++x.answers;
  x.at = world_.now();
  x.failed = std::move(why);
  answered(x);
}

void account::answered(deed& x) {
  if (x.answers > 1) broken_(x.what + ": answered " + std::to_string(x.answers) + " times");
  if (x.at > world_.latest_answer(x.asked, x.deadline)) {
    const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(x.at - x.deadline);
    broken_(x.what + ": answered " + std::to_string(late.count()) + " ms after its deadline: " + x.text());
  }
  judge(x);
  if (x.done && x.mode == access::write) note_fence(x);
  if (x.then) std::exchange(x.then, nullptr)(x);
}

void account::judge(const deed& x) {
  if (x.mode == access::read) return;
  for (const auto& text : x.texts) {
    const auto n = times(text);
    const bool no_effect = x.is(outcome::not_executed) || x.is(outcome::rejected);
    if ((x.done && n == 0) || (no_effect && n > 0 && !x.again))
      broken_(text + ": committed " + std::to_string(n) + " times, but told: " + x.text());
  }
}

std::uint32_t account::times(const std::string& text) const {
  const auto known = commits_.find(text);
  return known == commits_.end() ? 0 : known->second.sum();
}

std::optional<time_point> account::committed_at(const std::string& text, std::size_t server) const {
  const auto known = commits_.find(text);
  if (known == commits_.end() || known->second.count[server] == 0) return std::nullopt;
  return known->second.first[server];
}

/// Called by a server in the middle of its commit, before anybody is told.
void account::committed(std::size_t server, const std::string& text) {
  auto& n = commits_[text];
  if (n.count[server]++ == 0) n.first[server] = world_.now();
  const auto known = by_text_.find(text);
  if (known == by_text_.end()) return;
  const auto& x = *known->second;
  if (!x.commit_asked) broken_(text + ": committed, although nobody had asked to commit its transaction");
  if (forbidden_.contains(text)) broken_(text + ": committed, although it was rolled back to a savepoint");
  const bool no_effect = x.is(outcome::not_executed) || x.is(outcome::rejected);
  if (no_effect && x.token.empty()) broken_(text + ": committed after its caller was told: " + x.text());
  if (!x.repeatable && x.token.empty() && n.sum() > 1)
    broken_(text + ": committed " + std::to_string(n.sum()) + " times");
  const auto rows = world_.db[server].store().at(key_of(text)).size();
  if (!x.token.empty() && rows > 1) broken_(text + ": its token let it in " + std::to_string(rows) + " times");
  for (const auto& e : eras_)
    if (e.old == server && !e.over && e.fenced_at && x.asked > *e.fenced_at)
      broken_(text + ": written to server " + std::to_string(server) + ", whose successor was known");
}

// -- promotions ----------------------------------------------------------------------------------------------------

void account::promoted(std::size_t old, std::size_t now, std::size_t fork) {
  eras_.push_back({old, now, fork, world_.now(), std::nullopt, false, {}});
}

void account::rejoins(std::size_t server) {
  for (auto& e : eras_) {
    if (e.old != server || e.over) continue;
    e.lost = lost_in(e);
    e.over = true;
  }
}

std::set<std::string> account::lost_in(const era& e) {
  const auto keys = world_.db[e.old].store().keys_since(e.fork);
  return {keys.begin(), keys.end()};
}

/// An answer to a write from the new primary: from here on Tripool knows it for certain. While the simple pool serves,
/// nobody compares servers: what is left of the resilient part may still reach another one.
void account::note_fence(const deed& x) {
  if (!watched_over_) return;
  for (auto& e : eras_) {
    if (e.fenced_at) continue;
    for (const auto& text : x.texts) {
      const auto at = committed_at(text, e.now);
      if (at && *at >= e.promoted_at) e.fenced_at = x.at;
    }
  }
}

/// An asynchronous standby that is promoted lacks what its primary had not sent by then: acknowledged writes are lost,
/// and no client can help it. That holds for what the old primary alone has committed beyond the fork, and only for
/// requests from before the moment when Tripool demonstrably knew the new primary; what a ghost acknowledges later is
/// Tripool's own fault.
bool account::was_lost(const std::string& key, time_point asked) {
  if (synchronous_) return false;
  for (auto& e : eras_) {
    if (!e.over) e.lost = lost_in(e);
    if (e.lost.contains(key) && (!e.fenced_at || asked <= *e.fenced_at)) return true;
  }
  return false;
}

// -- looking -------------------------------------------------------------------------------------------------------

void account::look() {
  std::erase_if(open_, [&](const deed_ptr& x) {
    if (x->answers > 0 || x->orphan) return true;
    if (world_.now() <= world_.latest_answer(x->asked, x->deadline)) return false;
    broken_(x->what + ": no answer");
    return true;
  });
}

void account::look_at_write(const deed& x, std::size_t leader) {
  std::uint32_t there = 0;
  for (const auto& text : x.texts) {
    const auto key = key_of(text);
    const auto rows = world_.db[leader].store().at(key).size();
    there += rows > 0 ? 1 : 0;
    if (rows > 1 && !x.repeatable) broken_(text + ": there " + std::to_string(rows) + " times");
    if (!x.done || rows > 0) continue;
    if (was_lost(key, x.asked)) {
      ++lost_by_server_;
    } else {
      broken_(text + ": acknowledged, but not in the history that survives");
    }
  }
  if (there > 0 && there < x.texts.size()) broken_(x.what + ": torn; told: " + x.text());
}

void account::look_at_the_end(std::size_t leader) {
  look();
  for (const auto& x : all_) {
    if (x->mode == access::write) look_at_write(*x, leader);
    if (x->must_see.empty() || !x->done) continue;
    const bool saw = !x->done->empty() && !x->done->front().empty();
    if (!saw && !was_lost(x->must_see, time_point::min()))
      broken_(x->what + ": does not see what was written up to its position");
  }
}

} // namespace tripool::test
