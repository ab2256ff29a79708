// Counting silence, and the ladder.
#include "tripool/core/routing/fallback_machine.hpp"

#include "tripool/core/util/milliseconds.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

std::string_view name_of(watched_peer x) noexcept {
  return x == watched_peer::manager ? "the pool manager" : "the monitor";
}

/// What one look at the clock can count: more has passed only if nobody ran meanwhile.
constexpr duration step_max = fallback_machine::ask_pause + fallback_machine::ask_pause / 2;

} // namespace

std::string_view to_string(service_mode x) noexcept {
  switch (x) {
    case service_mode::resilient: return "resilient";
    case service_mode::simple: return "simple";
    case service_mode::none: return "none";
  }
  return "unknown";
}

fallback_machine::fallback_machine(const simple_pool_options& limits, duration calm_pause, bool resilience,
                                   time_point now)
  : limits_(limits),
    calm_pause_(std::max(calm_pause, ask_pause)),
    resilience_(resilience),
    mode_(resilience ? service_mode::resilient : service_mode::simple),
    since_(now),
    why_(resilience ? "" : "resilience is switched off in the configuration"),
    fallen_(!resilience),
    fallen_why_(why_),
    counted_to_(now),
    asked_at_(now) {
  for (auto& p : peers_) p.why = "has not been started yet";
}

// -- events -----------------------------------------------------------------------------------------------------------

void fallback_machine::present(watched_peer x, time_point now) {
  auto& p = of(x);
  if (p.there) return;
  count_time(now);
  p.there = p.answers = true; // Until it has been asked.
  p.resting = false;
  p.silent = duration::zero();
  p.good_since.reset();
}

void fallback_machine::gone(watched_peer x, time_point now, std::string_view why) {
  auto& p = of(x);
  if (!p.there) return;
  count_time(now);
  p.there = false;
  p.silent = duration::zero();
  p.good_since.reset();
  p.why = why;
}

void fallback_machine::answered(watched_peer x, time_point now) {
  count_time(now);
  auto& p = of(x);
  if (!p.there) return;
  p.answers = true;
  p.silent = p.absent = duration::zero();
  if (!p.good_since) p.good_since = now;
}

void fallback_machine::cannot_start(watched_peer x, time_point now, std::string why) {
  gone(x, now, why);
  of(x).resting = true;
  of(x).why = std::move(why);
}

void fallback_machine::simple_gone(std::string why, bool rests) {
  simple_ = false;
  simple_rests_ = rests;
  simple_why_ = std::move(why);
}

// -- decisions --------------------------------------------------------------------------------------------------------

fallback_effects fallback_machine::advance(time_point now) {
  fallback_effects out;
  count_time(now);
  if (resilience_) {
    for (const auto x : watched_peers) {
      auto& p = of(x);
      if (!p.there || p.silent < limits_.silence_max) continue;
      p.why = "gave no sign of life for " + milliseconds(p.silent);
      p.absent = std::max(p.absent, p.silent); // It, or whoever takes its place, has to prove itself.
      p.silent = duration::zero();
      p.good_since.reset();
      out.end.push_back(x);
    }
    if (auto wrong = complaint(); !fallen_ && !wrong.empty()) {
      fallen_ = true;
      fallen_why_ = std::move(wrong);
      ++falls_;
    } else if (fallen_ && well(now)) {
      fallen_ = false;
      ++returns_;
      out.retire_simple = simple_;
    }
    ask_if_due(now, out);
  }
  out.start_simple = fallen_ && !simple_ && !simple_rests_;
  choose_mode(now, out);
  return out;
}

void fallback_machine::choose_mode(time_point now, fallback_effects& out) {
  auto to = service_mode::resilient;
  if (fallen_) to = simple_rests_ ? service_mode::none : service_mode::simple;
  if (to == mode_) return;
  mode_ = to;
  since_ = now;
  switch (to) {
    case service_mode::resilient: why_ = "the pool manager and the monitor answer"; break;
    case service_mode::simple: why_ = fallen_why_; break;
    case service_mode::none: why_ = fallen_why_ + "; and the simple pool " + simple_why_; break;
  }
  out.mode = to;
}

void fallback_machine::ask_if_due(time_point now, fallback_effects& out) {
  if (now - asked_at_ < pause()) return;
  asked_at_ = now;
  traffic_ = false;
  out.ask = true;
  for (auto& p : peers_) p.answers = false;
}

std::optional<time_point> fallback_machine::next_wake() const noexcept {
  if (!resilience_) return std::nullopt;
  return asked_at_ + pause();
}

duration fallback_machine::pause() const noexcept {
  return traffic_ || worried() ? ask_pause : calm_pause_;
}

/// Adds the time since the last look to those who were gone or silent in it.
void fallback_machine::count_time(time_point now) {
  const auto passed = std::min(now - counted_to_, step_max);
  counted_to_ = std::max(counted_to_, now);
  if (passed <= duration::zero()) return;
  for (auto& p : peers_) {
    if (!p.there) {
      p.absent += passed;
    } else if (!p.answers) {
      p.silent += passed;
    }
  }
}

/// Why the resilient part cannot be trusted; empty: it can.
std::string fallback_machine::complaint() const {
  for (const auto x : watched_peers) {
    const auto& p = of(x);
    if (p.resting) return std::string{name_of(x)} + ' ' + p.why;
    if (p.absent >= limits_.silence_max)
      return std::string{name_of(x)} + " is gone for " + milliseconds(p.absent) + ": it " + p.why;
  }
  return {};
}

bool fallback_machine::well(time_point now) const noexcept {
  return std::ranges::all_of(
    peers_, [&](const peer& p) { return p.there && p.good_since && now - *p.good_since >= limits_.return_after; });
}

/// Whether something is to be found out soon.
bool fallback_machine::worried() const noexcept {
  return fallen_ || std::ranges::any_of(peers_, [](const peer& p) { return !p.there || !p.answers || !p.good_since; });
}

} // namespace tripool
