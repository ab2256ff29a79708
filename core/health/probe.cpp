// Reading the probe's row: strict about its shape, lenient about what a role may not see (NULL).
#include "tripool/core/health/probe.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tripool {

namespace {

/// The columns of the probe's row, in their order.
enum column : std::size_t {
  in_recovery,
  read_only,
  timeline,
  position,
  system_id,
  replay_lag,
  receiving,
  column_count
};

using cell = std::optional<std::string_view>;

std::string complaint(std::string_view what) {
  return "the probe's answer is not understood: " + std::string{what};
}

/// Reads a whole number; false when the text is something else or too large.
template <class T>
bool read(const cell& x, std::optional<T>& to) {
  if (!x) return true;
  T value{};
  const auto* end = x->data() + x->size();
  const auto [stop, error] = std::from_chars(x->data(), end, value);
  if (error != std::errc{} || stop != end) return false;
  to = value;
  return true;
}

bool read(const cell& x, std::optional<bool>& to) {
  if (!x) return true;
  if (*x != "t" && *x != "f") return false;
  to = *x == "t";
  return true;
}

/// Reads seconds with a fraction. A clock that runs ahead gives no negative lag.
bool read(const cell& x, std::optional<duration>& to) {
  std::optional<double> seconds;
  if (!read(x, seconds)) return false;
  if (!seconds) return true;
  constexpr double longest = 1e9; // More than 30 years: fits a duration.
  if (!std::isfinite(*seconds)) return false;
  const auto bounded = std::min(std::max(*seconds, 0.0), longest);
  to = std::chrono::duration_cast<duration>(std::chrono::duration<double>{bounded});
  return true;
}

} // namespace

statement probe_statement() {
  statement s;
  s.text = probe_text;
  s.mode = access::read;
  s.format = result_format::text;
  return s;
}

expected<server_facts, std::string> parse_probe(const result& row) {
  if (row.size() != 1 || row.columns() != column_count) {
    return unexpected{complaint(std::to_string(row.size()) + " rows of " + std::to_string(row.columns()) + " columns")};
  }
  std::optional<bool> recovery;
  std::optional<bool> writes_refused;
  server_facts x;
  if (!read(row.raw(0, in_recovery), recovery) || !recovery) return unexpected{complaint("in recovery or not")};
  if (!read(row.raw(0, read_only), writes_refused) || !writes_refused) return unexpected{complaint("read-only or not")};
  if (!read(row.raw(0, timeline), x.timeline)) return unexpected{complaint("timeline")};
  if (!read(row.raw(0, position), x.wal_position)) return unexpected{complaint("WAL position")};
  if (!read(row.raw(0, system_id), x.system_identifier)) return unexpected{complaint("system identifier")};
  if (!read(row.raw(0, replay_lag), x.replay_lag)) return unexpected{complaint("replay lag")};
  if (!read(row.raw(0, receiving), x.receiving)) return unexpected{complaint("WAL receiver")};
  x.role = *recovery ? server_role::standby : server_role::primary;
  x.read_only = *recovery || *writes_refused;
  if (x.role == server_role::primary) x.replay_lag.reset();
  return x;
}

} // namespace tripool
