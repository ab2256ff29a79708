// The pools' part of the option table; see option_table.hpp. Private to it.
#pragma once

#include "tripool/core/config/option_table.hpp"

#include <vector>

namespace tripool::detail {

/// Appends the keys of a pool.
void add_pool_options(std::vector<option_spec>& to);

/// Bounds in nanoseconds.
inline constexpr std::int64_t one_ms = 1'000'000;
inline constexpr std::int64_t one_second = 1'000 * one_ms;
inline constexpr std::int64_t one_minute = 60 * one_second;
inline constexpr std::int64_t one_hour = 60 * one_minute;

} // namespace tripool::detail
