// The search. A server that takes no more of the data sends an ErrorResponse and, once its transaction is rolled back,
// a ReadyForQuery: two packets, so that the second mostly comes alone.
#include "tripool/core/postgres/detail/copy_refusal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tripool::postgres {

namespace {

using namespace std::string_view_literals;

/// A ReadyForQuery but for its last byte. No text of a notice holds two zeros in a row, and no length of one ends so.
constexpr auto ready = "Z\0\0\0\5"sv;

/// The severity that is not translated (since PostgreSQL 9.6), among the first fields of an ErrorResponse.
constexpr std::array severities{"\0VERROR\0"sv, "\0VFATAL\0"sv, "\0VPANIC\0"sv};

constexpr std::size_t head_size = 5; // type and length
/// How far into the message its severity stands, whatever the language.
constexpr std::size_t severity_within = 64;

/// An ErrorResponse of less than 64 kB begins here, far enough for its severity to be seen.
bool is_error(std::string_view x) noexcept {
  if (x.size() <= head_size || x.substr(0, 3) != "E\0\0"sv || x[head_size] != 'S') {
    return false;
  }
  const auto fields = x.substr(head_size, severity_within);
  return std::any_of(severities.begin(), severities.end(),
                     [&](std::string_view s) { return fields.find(s) != std::string_view::npos; });
}

} // namespace

bool tells_refusal(std::string_view waiting) noexcept {
  if (waiting.find(ready) != std::string_view::npos) {
    return true;
  }
  for (auto at = waiting.find('E'); at != std::string_view::npos; at = waiting.find('E', at + 1)) {
    if (is_error(waiting.substr(at))) {
      return true;
    }
  }
  return false;
}

} // namespace tripool::postgres
