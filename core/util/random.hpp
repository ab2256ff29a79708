// A small deterministic generator, for jitter and for choices among equals: the caller seeds it, so that a run can be
// repeated from its seed. Not for secrets. Knows no entropy source and no clock.
// Used by machines that need jitter, and by tests.
#pragma once

#include <cstdint>

namespace tripool {

/// splitmix64 (Steele, Lea and Flood, 2014): 64 bits of state, every seed is good, each call yields 64 bits.
class splitmix64 {
public:
  explicit constexpr splitmix64(std::uint64_t seed) noexcept : state_(seed) {}

  /// Returns the next 64 bits.
  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    auto x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

private:
  std::uint64_t state_;
};

/// Maps 64 random bits to a whole number from 0 to `most`, both included. The bias is below most / 2^64.
constexpr std::uint64_t random_up_to(std::uint64_t random, std::uint64_t most) noexcept {
  return most == UINT64_MAX ? random : random % (most + 1);
}

} // namespace tripool
