// Edit distance between short names.
#include "tripool/core/config/suggestion.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace tripool {

namespace {

constexpr std::size_t name_length_max = 64;

char folded(char x) {
  if (x == '_') return '-';
  return static_cast<char>(std::tolower(static_cast<unsigned char>(x)));
}

// Optimal string alignment distance: three rows of the usual table are enough.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0u : 1u)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

} // namespace

std::string_view nearest_name(std::string_view given, std::span<const std::string_view> known) {
  if (given.empty() || given.size() > name_length_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (const auto name : known) {
    const auto d = distance(given, name);
    if (d < best_distance) {
      best = name;
      best_distance = d;
    }
  }
  return best;
}

std::string_view mistyped_name(std::string_view given, std::span<const std::string_view> known) {
  if (given.empty() || given.size() > name_length_max) return {};
  if (std::isdigit(static_cast<unsigned char>(given.back())) != 0) return {}; // primary2 is a name.
  for (const auto name : known) {
    if (given != name && distance(given, name) <= 1) return name;
  }
  return {};
}

std::string did_you_mean(std::string_view given, std::span<const std::string_view> known) {
  const auto best = nearest_name(given, known);
  if (best.empty()) return {};
  return std::string{"; did you mean "}.append(best).append("?");
}

} // namespace tripool
