// Asking, lending, doubting.
#include "tripool/core/credentials/credential_machine.hpp"

#include "tripool/core/util/mutation.hpp"
#include "tripool/core/util/random.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

using kind = source_answer::kind;
using std::chrono::seconds;

/// How long before its end a secret is replaced: a fifth of its life, half a minute at least, half its life at most,
/// and up to a quarter of that sooner, so that many who got theirs at the same moment do not come back together.
time_point refresh_moment(time_point now, duration life, std::uint64_t random) {
  const auto margin = std::min(life / 2, std::max<duration>(life / 5, seconds{30}));
  const auto jitter =
    random_up_to(random, static_cast<std::uint64_t>(std::max<duration>(margin / 4, duration{0}).count()));
  return now + life - margin - duration{static_cast<duration::rep>(jitter)};
}

} // namespace

// -- events -----------------------------------------------------------------------------------------------------------

void credential_machine::want(credential_ticket who, std::size_t pool, time_point now, effects& out) {
  const waiter x{who, pool};
  if (!flight_ && lendable_unasked(pool, now)) return answer(x, now, out);
  waiting_.push_back(x);
  ask(now, out);
}

void credential_machine::want_refresh(credential_ticket who, time_point now, effects& out) {
  refreshing_.push_back(who);
  ask(now, out);
}

bool credential_machine::would_change(const fetch_result& x) const noexcept {
  if (x.what == kind::failed) return false;
  if (x.what == kind::nothing) return !current_;
  return !current_ || !current_->what.same_as(x.found);
}

void credential_machine::fetched(std::uint64_t flight, fetch_result x, std::uint64_t generation, time_point now,
                                 std::uint64_t random, effects& out) {
  if (flight_ != flight) return;
  flight_.reset();
  costly_ = x.costly;
  check_at_.reset();
  const bool had_secret = current_ && !current_->source.empty();
  if (x.what == kind::nothing && had_secret) {
    x.what = kind::failed;
    if (x.problem.empty()) x.problem = "no source has a password any more";
  }
  const bool changed = would_change(x);
  problem_ = x.problem;
  if (x.what == kind::failed) {
    failing_ = true;
    pause(now);
    check_at_ = not_before_;
  } else {
    take(std::move(x), generation, now, random, out);
  }
  answer_all(changed, now, out);
}

void credential_machine::take(fetch_result&& x, std::uint64_t generation, time_point now, std::uint64_t random,
                              effects& out) {
  const bool changed = would_change(x);
  const bool first = !current_;
  auto next = std::make_shared<held_credential>();
  next->source = std::move(x.source);
  next->pace = x.pace;
  next->generation = changed ? generation : current_->generation;
  next->since = changed ? now : current_->since;
  refresh_at_.reset();
  if (x.found.valid_for) {
    next->expires = now + *x.found.valid_for;
    refresh_at_ = refresh_moment(now, *x.found.valid_for, random);
  }
  next->what = std::move(x.found);
  if (good_ && good_->generation == next->generation) {
    good_ = next;
    good_at_ = now;
  }
  current_ = std::move(next);
  const bool was_failing = std::exchange(failing_, false);
  if (changed && !first) {
    ++changes_;
    out.emplace_back(changed_effect{generation});
  } else if (was_failing) {
    out.emplace_back(available_effect{});
  }
  if (changed) tries_ = 0;
  if (doubted()) {
    pause(now);
  } else {
    tries_ = 0;
    not_before_ = time_point::min();
  }
  if (current_->pace == source_pace::cheap && limits_.check_interval > duration::zero())
    check_at_ = now + limits_.check_interval;
}

void credential_machine::answer_all(bool changed, time_point now, effects& out) {
  for (const auto& w : std::exchange(waiting_, {})) answer(w, now, out);
  for (const auto who : std::exchange(refreshing_, {}))
    out.emplace_back(refreshed_effect{who, changed, failing_, problem_});
}

void credential_machine::refused(std::size_t pool, std::uint64_t generation, const std::string& sqlstate,
                                 time_point now, effects& out) {
  const bool is_current = current_ && current_->generation == generation;
  const bool is_good = good_ && good_->generation == generation;
  if (!is_current && !is_good) return; // Of a secret that nobody is lent any more.
  const bool was_doubted = doubted();
  if (refusal_of(pool, generation) == nullptr) out.emplace_back(login_refused_effect{pool, sqlstate, is_current});
  shut_out_.insert(pool);
  auto& list = refusals_[pool];
  std::erase_if(list, [&](const refusal& x) {
    return x.generation == generation
           || ((!current_ || x.generation != current_->generation) && (!good_ || x.generation != good_->generation));
  });
  list.push_back({generation, sqlstate});
  if (!is_current) return;
  if (!was_doubted && !failing_) {
    tries_ = 0;
    not_before_ = std::min(not_before_, now);
  }
  if (!flight_ && now >= not_before_) ask(now, out);
}

bool credential_machine::accepted(std::size_t pool, std::uint64_t generation, time_point now) {
  if (auto i = refusals_.find(pool); i != refusals_.end())
    std::erase_if(i->second, [&](const refusal& x) { return x.generation == generation; });
  if (current_ && current_->generation == generation) good_ = current_;
  if (good_ && good_->generation == generation) good_at_ = now;
  return shut_out_.erase(pool) > 0;
}

void credential_machine::tick(time_point now, effects& out) {
  const auto due = next_wake();
  if (due && *due <= now) ask(now, out);
}

std::optional<time_point> credential_machine::next_wake() const {
  if (flight_) return std::nullopt;
  std::optional<time_point> due;
  const auto consider = [&](time_point x) {
    if (!due || x < *due) due = x;
  };
  if (refresh_at_) consider(std::max(*refresh_at_, not_before_));
  if (check_at_) consider(std::max(*check_at_, not_before_));
  if (doubted()) consider(not_before_);
  return due;
}

// -- asking and lending -----------------------------------------------------------------------------------------------

void credential_machine::ask(time_point, effects& out) {
  if (flight_) return;
  flight_ = ++last_flight_;
  out.emplace_back(fetch_effect{*flight_});
}

/// Whether a dial need not wait for the sources: a costly source's secret is still right, or asking again must wait.
bool credential_machine::lendable_unasked(std::size_t pool, time_point now) const {
  if (!costly_) return false;
  if (now < not_before_) return true;
  const bool due = refresh_at_ && now >= *refresh_at_;
  return current_ && !failing_ && !due && refusal_of(pool, current_->generation) == nullptr;
}

void credential_machine::answer(const waiter& x, time_point now, effects& out) {
  auto what = choose(x.pool, now);
  if (!what) {
    emergency_ = false;
    auto why = problem_.empty() ? std::string{"no source has a credential"} : problem_;
    if (current_ && current_->expires && *current_->expires <= now) why += "; the one that was known has expired";
    out.emplace_back(deny_effect{x.who, std::move(why)});
    return;
  }
  ++leases_;
  emergency_ = what != current_ || (failing_ && current_->pace != source_pace::costly);
  out.emplace_back(lend_effect{x.who, std::move(what), emergency_});
}

/// What to lend for a dial to this pool's server: the present one; the last known good one where the sources fail or
/// where that server refused the present one; null when there is neither.
held_ptr credential_machine::choose(std::size_t pool, time_point now) const {
  const bool good = is_good(now);
  if (good && mutated(mutation::keep_old_secret)) return good_;
  const bool expired = current_ && current_->expires && *current_->expires <= now;
  const bool present = current_ && (!failing_ || (current_->pace == source_pace::costly && !expired));
  if (present) {
    const bool refused_here = refusal_of(pool, current_->generation) != nullptr;
    const bool other_here =
      good && good_->generation != current_->generation && refusal_of(pool, good_->generation) == nullptr;
    return refused_here && other_here ? good_ : current_;
  }
  return good ? good_ : nullptr;
}

bool credential_machine::is_good(time_point now) const {
  return good_ && limits_.keep_max > duration::zero() && now - good_at_ <= limits_.keep_max;
}

void credential_machine::pause(time_point now) noexcept {
  constexpr std::uint32_t growth_max = ask_pause_max / ask_pause_cheap;
  const auto growth = std::min(1 + tries_ / 20, growth_max);
  ++tries_;
  const auto base = costly_ ? ask_pause_costly : ask_pause_cheap;
  not_before_ = now + std::min(base * growth, ask_pause_max);
}

const credential_machine::refusal* credential_machine::refusal_of(std::size_t pool, std::uint64_t generation) const {
  const auto i = refusals_.find(pool);
  if (i == refusals_.end()) return nullptr;
  for (const auto& x : i->second)
    if (x.generation == generation) return &x;
  return nullptr;
}

/// Whether a server refuses the present secret.
bool credential_machine::doubted() const {
  if (!current_) return false;
  return std::any_of(refusals_.begin(), refusals_.end(),
                     [&](const auto& x) { return refusal_of(x.first, current_->generation) != nullptr; });
}

credential_memory credential_machine::memory() const {
  if (limits_.keep_max <= duration::zero()) return {};
  return {current_, good_, good_at_};
}

void credential_machine::recall(const credential_memory& x, time_point now) {
  current_ = x.current;
  good_ = x.good;
  good_at_ = x.good_at;
  if (current_ && current_->pace != source_pace::fixed) check_at_ = now;
}

// -- what it tells ----------------------------------------------------------------------------------------------------

credential_snapshot credential_machine::snapshot(time_point now) const {
  credential_snapshot x;
  x.leases = leases_;
  x.fetches = last_flight_ - (flight_ ? 1 : 0);
  x.changes = changes_;
  x.emergency = emergency_;
  x.last_error = problem_;
  x.available = (current_ && !failing_) || choose(0, now) != nullptr;
  if (!current_) return x;
  x.source = current_->source;
  x.generation = current_->generation;
  x.age = now - current_->since;
  if (current_->expires) x.expires_in = *current_->expires - now;
  if (good_ && good_->generation == current_->generation) x.verdict = credential_verdict::accepted;
  for (const auto& [pool, list] : refusals_) {
    const auto* r = refusal_of(pool, current_->generation);
    if (!r) continue;
    x.verdict = credential_verdict::refused;
    if (x.last_error.empty()) x.last_error = "a server refuses it: " + r->sqlstate;
  }
  return x;
}

std::vector<credential_ticket> credential_machine::waiting() const {
  std::vector<credential_ticket> out;
  for (const auto& x : waiting_) out.push_back(x.who);
  out.insert(out.end(), refreshing_.begin(), refreshing_.end());
  return out;
}

} // namespace tripool
