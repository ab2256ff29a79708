// The three states. A breaker that stayed closed for a whole window begins with the shortest pause again.
#include "tripool/core/health/circuit_breaker.hpp"

#include "tripool/core/outcome/classify.hpp"

namespace tripool {

std::string_view to_string(circuit x) noexcept {
  switch (x) {
    case circuit::closed: return "closed";
    case circuit::open: return "open";
    case circuit::half_open: return "half open";
  }
  return "unknown";
}

bool blames_server(const failure& x) noexcept {
  switch (x.why) {
    case cause::connection_lost:
    case cause::protocol: return true;
    case cause::server_error: {
      // Out of memory, disk or sessions; ended or starting; the system's and its own defects.
      const auto group = std::string_view{x.sqlstate}.substr(0, 2);
      return group == "53" || group == "58" || group == "XX" || sign_of(x.sqlstate) != server_sign::none;
    }
    default: return false;
  }
}

circuit_breaker::circuit_breaker(const breaker_limits& limits)
  : limits_(limits), pauses_(limits.pause_min, limits.pause_max) {
  // nop
}

void circuit_breaker::reconfigure(const breaker_limits& limits) noexcept {
  if (limits.pause_min != limits_.pause_min || limits.pause_max != limits_.pause_max)
    pauses_ = backoff{limits.pause_min, limits.pause_max};
  limits_ = limits;
}

bool circuit_breaker::count(std::uint64_t answered, std::uint64_t failed, time_point now, std::uint64_t random) {
  if (answered > 0) answered_.add(answered, now);
  if (failed == 0) return false;
  failed_.add(failed, now);
  if (limits_.failure_percent == 0 || state_ != circuit::closed) return false;
  const auto bad = failed_.total(now);
  const auto all = bad + answered_.total(now);
  if (all < limits_.requests_min || bad * 100 < all * limits_.failure_percent) return false;
  reason_ = std::to_string(bad) + " of its last " + std::to_string(all) + " requests failed by its server's fault";
  if (closed_at_ && now - *closed_at_ > sliding_count::window) pauses_.reset();
  ++trips_;
  open(now, random);
  return true;
}

bool circuit_breaker::trial_ended(bool success, time_point now, std::uint64_t random) {
  if (state_ != circuit::half_open) return false;
  if (!success) {
    open(now, random);
    return true;
  }
  if (++succeeded_ < trials) return false;
  state_ = circuit::closed;
  closed_at_ = now;
  answered_.clear();
  failed_.clear();
  return true;
}

bool circuit_breaker::tick(time_point now) noexcept {
  if (state_ != circuit::open || now < until_) return false;
  state_ = circuit::half_open;
  succeeded_ = 0;
  return true;
}

time_point circuit_breaker::next_wake() const noexcept {
  return state_ == circuit::open ? until_ : time_point::max();
}

void circuit_breaker::open(time_point now, std::uint64_t random) {
  state_ = circuit::open;
  until_ = now + limits_.pause_min / 2 + pauses_.next(random);
}

} // namespace tripool
