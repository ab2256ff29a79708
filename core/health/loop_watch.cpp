// Reports at once, then at growing distances, so that a loop that never comes back does not fill the log.
#include "tripool/core/health/loop_watch.hpp"

#include "tripool/core/health/health_text.hpp"

namespace tripool {

std::string to_string(const blocked_loop& x) {
  std::string out = x.over ? "the event loop was blocked for " : "the event loop has been blocked for ";
  out += for_people(x.lasted);
  if (!x.over) out += ", and still is";
  return out + ": an actor on it blocks or computes, or the machine gives it no time; nothing is answered then";
}

std::optional<blocked_loop> judge_turn(duration lasted, duration limit) noexcept {
  if (lasted < limit) return std::nullopt;
  return blocked_loop{lasted, true};
}

std::optional<blocked_loop> loop_watch::look(std::optional<time_point> began, time_point now) noexcept {
  if (began != turn_) {
    turn_ = began;
    next_ = limit_;
  }
  if (!began || now - *began < next_) return std::nullopt;
  const auto lasted = now - *began;
  while (next_ <= lasted) next_ *= 2;
  return blocked_loop{lasted, false};
}

} // namespace tripool
