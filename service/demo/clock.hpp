// The demonstration's clock.
#pragma once

#include "tripool/core/time.hpp"

#include <chrono>

namespace tripool::demo {

inline time_point now() {
  return std::chrono::steady_clock::now();
}

} // namespace tripool::demo
