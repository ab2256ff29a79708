// The listener's session: decisions.
#include "tripool/core/listen/listen_machine.hpp"

#include "tripool/core/listen/channel.hpp"
#include "tripool/core/util/milliseconds.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// Asks nothing but for an answer: what the server is, the monitor's probes find out.
const std::string check_text = "select 1";

} // namespace

listen_machine::listen_machine(const listen_limits& limits)
  : limits_(limits), pauses_(limits.backoff_min, limits.backoff_max) {
  // nop
}

void listen_machine::reconfigure(const listen_limits& limits) noexcept {
  if (limits.backoff_min != limits_.backoff_min || limits.backoff_max != limits_.backoff_max)
    pauses_ = backoff{limits.backoff_min, limits.backoff_max};
  limits_ = limits;
}

void listen_machine::want(std::uint64_t generation, std::shared_ptr<const channel_set> all, std::uint64_t term) {
  assert(generation >= generation_ && all && term >= term_);
  if (term != term_) {
    term_ = term;
    anew_ = true;
    confirmed_ = 0;
  }
  generation_ = generation;
  wanted_ = std::move(all);
}

void listen_machine::route(const routing_table& table, time_point now) {
  const auto before = target_;
  const auto* mine = phase_ != phase::idle && pool_ < table.routes.size() ? &table.routes[pool_] : nullptr;
  if (mine && mine->usable_for_writes) {
    target_ = pool_;
    must_leave_.clear();
    return;
  }
  target_ = choose(table, {}, {});
  if (phase_ == phase::idle) {
    if (target_ && target_ != before) { // A new server owes nothing for the failures of another.
      pauses_.reset();
      dial_at_ = now;
    }
    return;
  }
  const auto name = mine ? mine->name : std::string{"none"};
  if (target_) {
    must_leave_ =
      "the writable server is that of pool " + table.routes[*target_].name + " now, no longer that of " + name;
  } else if (mine && mine->ghost) {
    must_leave_ = "the server of pool " + name + " is no longer the primary";
  } else if (before) {
    check_now_ = true; // Perhaps it is gone; perhaps it only refuses writes.
  }
}

void listen_machine::opened(time_point now) {
  if (phase_ != phase::dialling) return;
  phase_ = phase::open;
  heard_at_ = now;
}

void listen_machine::ended(std::string why, std::string sqlstate, time_point now, std::uint64_t random) {
  if (phase_ == phase::idle) return;
  lose(std::move(why), std::move(sqlstate), now);
  dial_at_ = now + pauses_.next(random);
}

void listen_machine::answered(std::uint64_t serial, const failure* problem, time_point now, std::uint64_t random) {
  if (phase_ != phase::open || !order_ || order_->serial != serial) return;
  if (problem) {
    if (problem->why == cause::connection_lost) return; // The session's end follows, and says more.
    auto why = order_->is_check ? "a check of the session failed: " : "the server did not listen: ";
    return drop(why + problem->message, problem->sqlstate, now, random, true);
  }
  heard_at_ = now;
  pauses_.reset();
  if (!order_->is_check) {
    listening_ = std::move(order_->listens_to);
    if (order_->term == term_) {
      confirmed_ = order_->generation;
      effects_.emplace_back(listening_effect{confirmed_, term_});
    }
  }
  order_.reset();
}

bool listen_machine::replaced(std::string why, time_point now) {
  if (phase_ != phase::open || !must_leave_.empty()) return false;
  lose(std::move(why), {}, now);
  phase_ = phase::open;
  heard_at_ = now;
  return true;
}

void listen_machine::heard(time_point now) {
  heard_at_ = now;
}

std::vector<listen_effect> listen_machine::advance(time_point now, std::uint64_t random) {
  if (phase_ != phase::idle && !must_leave_.empty()) drop(std::exchange(must_leave_, {}), {}, now, random, false);
  if (phase_ == phase::dialling && wanted_->empty()) close_unused(now);
  if (phase_ == phase::open) advance_open(now, random);
  if (phase_ == phase::idle && !wanted_->empty() && target_ && now >= dial_at_) {
    phase_ = phase::dialling;
    pool_ = *target_;
    effects_.emplace_back(dial_session_effect{pool_});
  }
  return std::exchange(effects_, {});
}

void listen_machine::advance_open(time_point now, std::uint64_t random) {
  if (order_) {
    if (now - order_->sent_at >= limits_.answer_within)
      drop("no answer on the listening session within " + milliseconds(limits_.answer_within), {}, now, random, true);
    return;
  }
  if (listening_ != *wanted_ || (anew_ && !listening_.empty())) return send_order(now);
  if (confirmed_ < generation_) {
    confirmed_ = generation_;
    effects_.emplace_back(listening_effect{confirmed_, term_});
  }
  const bool long_silent = now - heard_at_ >= limits_.check_interval;
  if (long_silent && unused()) return close_unused(now);
  if (long_silent || check_now_) send_check(now);
}

void listen_machine::send_order(time_point now) {
  listen_order_effect out;
  for (const auto& x : *wanted_)
    if (anew_ || !listening_.contains(x)) out.statements.push_back(listen_text(x));
  for (const auto& x : listening_)
    if (!wanted_->contains(x)) out.statements.push_back(unlisten_text(x));
  anew_ = false;
  out.serial = ++last_serial_;
  order_ = order{out.serial, generation_, term_, *wanted_, now, false};
  effects_.emplace_back(std::move(out));
}

void listen_machine::send_check(time_point now) {
  check_now_ = false;
  order_ = order{++last_serial_, generation_, term_, {}, now, true};
  effects_.emplace_back(listen_order_effect{last_serial_, {check_text}});
}

void listen_machine::drop(std::string why, std::string sqlstate, time_point now, std::uint64_t random, bool pause) {
  effects_.emplace_back(drop_session_effect{why});
  lose(std::move(why), std::move(sqlstate), now);
  dial_at_ = pause ? now + pauses_.next(random) : now;
}

void listen_machine::close_unused(time_point now) {
  effects_.emplace_back(drop_session_effect{"nobody subscribes to any channel"});
  phase_ = phase::idle;
  order_.reset();
  check_now_ = false;
  confirmed_ = 0;
  dial_at_ = now;
}

void listen_machine::lose(std::string why, std::string sqlstate, time_point now) {
  const auto silent = phase_ == phase::open ? now - heard_at_ : duration::zero();
  effects_.emplace_back(not_listening_effect{std::move(why), std::move(sqlstate), silent});
  phase_ = phase::idle;
  listening_.clear();
  order_.reset();
  confirmed_ = 0;
  check_now_ = false;
  must_leave_.clear();
}

bool listen_machine::unused() const noexcept {
  return wanted_->empty() && listening_.empty();
}

std::optional<time_point> listen_machine::next_wake() const {
  switch (phase_) {
    case phase::idle:
      if (wanted_->empty() || !target_) return std::nullopt;
      return dial_at_;
    case phase::dialling: return std::nullopt; // The connection has its own limit.
    case phase::open: break;
  }
  return order_ ? order_->sent_at + limits_.answer_within : heard_at_ + limits_.check_interval;
}

} // namespace tripool
