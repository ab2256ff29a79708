// Durations in messages to people. Used wherever core writes one.
#pragma once

#include "tripool/core/time.hpp"

#include <chrono>
#include <string>

namespace tripool {

/// "250 ms": whole milliseconds, cut off.
inline std::string milliseconds(duration x) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(x).count()) + " ms";
}

} // namespace tripool
