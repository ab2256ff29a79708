// What the server reports of its session's settings, compared with what it reported before: libpq keeps the values and
// tells nobody when one changes.
// Used by libpq_session, on its thread.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <libpq-fe.h>

#include <string>
#include <vector>

namespace tripool::postgres {

/// Watches the reported settings while it is on; off, it costs nothing.
class parameter_watch {
public:
  /// On: what holds now is known, and later changes are told. Off: nothing is.
  void turn(bool on, const PGconn* conn);
  bool is_on() const noexcept { return !known_.empty(); }
  /// Tells the sink each setting that is another one than when it was last looked at.
  void tell_changes(const PGconn* conn, session_sink& sink);

private:
  std::vector<std::string> known_; ///< In the order of the watched names; empty: off.
};

} // namespace tripool::postgres
