// The names that are watched, and the comparison.
#include "tripool/core/postgres/detail/parameter_watch.hpp"

#include <array>
#include <cstddef>

namespace tripool::postgres {

namespace {

/// Those of the settings that servers report (protocol-flow, "Asynchronous Operations") that a session can change.
/// in_hot_standby and default_transaction_read_only are told to every session (see libpq_session::report_flag).
constexpr std::array watched{"application_name", "client_encoding",       "DateStyle",   "IntervalStyle",
                             "is_superuser",     "session_authorization", "search_path", "standard_conforming_strings",
                             "TimeZone"};

/// Empty where this server does not report it (search_path before 18).
const char* value_of(const PGconn* conn, const char* name) {
  const char* value = PQparameterStatus(conn, name);
  return value ? value : "";
}

} // namespace

void parameter_watch::turn(bool on, const PGconn* conn) {
  known_.clear();
  if (!on) return;
  for (const char* name : watched) known_.emplace_back(value_of(conn, name));
}

void parameter_watch::tell_changes(const PGconn* conn, session_sink& sink) {
  for (std::size_t i = 0; i < known_.size(); ++i) {
    const char* now = value_of(conn, watched[i]);
    if (known_[i] == now) continue;
    known_[i] = now;
    sink.on_parameter(watched[i], known_[i]);
  }
}

} // namespace tripool::postgres
