// Keeps a pool from reporting the same trouble in bursts: ten connections that break together are one piece of news.
// Knows no clock. Used by pool_machine.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <array>
#include <string>
#include <string_view>

namespace tripool {

/// The least time between two reports of the same cause and SQLSTATE.
inline constexpr duration trouble_pause = std::chrono::milliseconds{50};

/// Remembers the latest reports, a few of them: there are few causes at a time.
class trouble_limiter {
public:
  /// Returns whether this trouble may be reported now, and notes that it was.
  bool admit(cause why, std::string_view sqlstate, time_point now) {
    for (auto& x : last_) {
      if (x.why != why || x.sqlstate != sqlstate) continue;
      if (now - x.at < trouble_pause) return false;
      x.at = now;
      return true;
    }
    last_[next_] = {why, std::string{sqlstate}, now};
    next_ = (next_ + 1) % last_.size();
    return true;
  }

private:
  struct report {
    cause why = cause::none;
    std::string sqlstate;
    time_point at{};
  };
  std::array<report, 4> last_{};
  std::size_t next_ = 0;
};

} // namespace tripool
