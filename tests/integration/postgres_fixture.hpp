// An open session over libpq to the test server, and the few moves that its tests share.
// Used by the postgres_*_test.cpp beside it.
#pragma once

#include "tests/support/driven_session.hpp"
#include "tests/support/session_server.hpp"
#include "tripool/core/postgres/session_factory.hpp"

namespace tripool::test {

/// An open session to the test server.
struct open_session {
  open_session() : open_session(session_server::primary()) {}
  explicit open_session(session_server at) : server(std::move(at)) { REQUIRE(session.open()); }

  session_server server;
  postgres::session_factory factory;
  driven_session session{factory, server.target(), server.password()};
};

/// What the results so far were, in order.
inline std::vector<wire_result::kind> kinds(const driven_session& s) {
  std::vector<wire_result::kind> all;
  for (const auto& x : s.heard.results) {
    all.push_back(x.what);
  }
  return all;
}

/// Queues a statement without a sync.
inline void queue(driven_session& s, const std::string& sql) {
  REQUIRE(s->execute(sql, {}, result_format::text));
}

inline void queue_with_sync(driven_session& s, const std::string& sql) {
  queue(s, sql);
  REQUIRE(s->sync());
}

/// Ends the session's backend from another session, with 57P01.
inline void terminate(open_session& x) {
  open_session other{x.server};
  REQUIRE(other.session.value("select pg_terminate_backend($1)", {x.session.heard.opened->backend_pid}) == "t");
}

} // namespace tripool::test
