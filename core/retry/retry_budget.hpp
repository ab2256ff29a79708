// How many requests that a pool could not serve may be sent again: a part of what its server answers, and a few more.
// A server in trouble fails some of its requests; each of them repeated elsewhere is load that nobody has asked for,
// and if much of it fails, repetition can double the load of servers that are well. What was never handed to a server
// costs nothing and is not counted. Knows no request and no clock. Used by the monitor, one budget a pool.
#pragma once

#include "tripool/core/time.hpp"
#include "tripool/core/util/sliding_count.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tripool {

/// The limits of one pool.
struct retry_limits {
  std::uint32_t percent = 20; ///< Of the requests that its server answers.
  std::size_t floor = 100;    ///< So many in ten seconds in any case.
};

/// The budget of one pool. A plain value; moments must not go backwards.
class retry_budget {
public:
  explicit retry_budget(retry_limits limits) noexcept : limits_(limits) {}

  /// Other limits are in force; what has been counted stays.
  void reconfigure(retry_limits limits) noexcept { limits_ = limits; }
  /// The pool's server has answered so many requests.
  void served(std::uint64_t n, time_point now) noexcept { served_.add(n, now); }
  /// One of its requests is to be sent again. Returns false, and counts a refusal, when the budget is used up.
  bool spend(time_point now) noexcept;

  /// How many may be sent again in the present ten seconds, and how many have been.
  std::uint64_t allowed(time_point now) const noexcept;
  std::uint64_t spent(time_point now) const noexcept { return spent_.total(now); }
  /// How many were not sent again because of it, since the beginning.
  std::uint64_t refusals() const noexcept { return refusals_; }

  /// What its refusal says: "not sent again: ...".
  std::string refusal(std::string_view pool) const;

private:
  retry_limits limits_;
  sliding_count served_;
  sliding_count spent_;
  std::uint64_t refusals_ = 0;
};

} // namespace tripool
