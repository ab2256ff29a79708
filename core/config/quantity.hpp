// Durations and sizes as people write them: "30s", "10min", "256MiB". Knows no setting. Used by the configuration.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// Reads an integer followed by ns, us, ms, s, min, h or d, such as "30s" or "-5 ms". Returns nothing for anything else
/// and for what does not fit into 64 bits of nanoseconds (about 292 years).
std::optional<duration> parse_duration(std::string_view text) noexcept;

/// Returns the duration with the largest unit that needs no fraction: "90s", "10min", "1h", "0s".
std::string format_duration(duration x);

/// Reads a number of bytes: an integer, alone or followed by B, KiB, MiB, GiB or TiB. Returns nothing for anything else
/// and for what does not fit into 63 bits.
std::optional<std::int64_t> parse_bytes(std::string_view text) noexcept;

/// Returns the size with the largest unit that needs no fraction: "256 MiB", "1000 B".
std::string format_bytes(std::int64_t x);

} // namespace tripool
