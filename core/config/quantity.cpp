// Reading and writing of durations and sizes, with overflow checks.
#include "tripool/core/config/quantity.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace tripool {

namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first: formatting takes the first that divides. Days are read but not written, since CAF's syntax has none.
constexpr std::array<unit, 7> time_units{{{"d", 86'400'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};

constexpr std::array<unit, 6> size_units{
  {{"TiB", 1LL << 40}, {"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}, {"", 1}}};

std::string_view trim(std::string_view x) noexcept {
  while (!x.empty() && x.front() == ' ') x.remove_prefix(1);
  while (!x.empty() && x.back() == ' ') x.remove_suffix(1);
  return x;
}

template <std::size_t N>
std::optional<std::int64_t> parse_with(const std::array<unit, N>& units, std::string_view text) noexcept {
  text = trim(text);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{}) return std::nullopt;
  const auto name = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const auto& u : units) {
    if (u.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / u.factor
        || number < std::numeric_limits<std::int64_t>::min() / u.factor)
      return std::nullopt;
    return number * u.factor;
  }
  return std::nullopt;
}

} // namespace

std::optional<duration> parse_duration(std::string_view text) noexcept {
  const auto count = parse_with(time_units, text);
  if (!count) return std::nullopt;
  return duration{*count};
}

std::string format_duration(duration x) {
  if (x == duration::zero()) return "0s";
  for (std::size_t i = 1; i < time_units.size(); ++i) {
    const auto& u = time_units[i];
    if (x.count() % u.factor == 0) return std::to_string(x.count() / u.factor).append(u.name);
  }
  return std::to_string(x.count()) + "ns";
}

std::optional<std::int64_t> parse_bytes(std::string_view text) noexcept {
  return parse_with(size_units, text);
}

std::string format_bytes(std::int64_t x) {
  for (const auto& u : size_units)
    if (x != 0 && x % u.factor == 0) return std::to_string(x / u.factor).append(" ").append(u.name);
  return std::to_string(x) + " B";
}

} // namespace tripool
