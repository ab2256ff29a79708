// libpq's messages about failed connects, taken apart.
#include "tests/support/catch.hpp"
#include "tripool/core/postgres/detail/libpq_text.hpp"

using namespace tripool::postgres;

TEST_CASE("a server's refusal is split into SQLSTATE and message", "[postgres]") {
  const auto x = read_connect_error("connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  28P01: password "
                                    "authentication failed for user \"app\"\nLOCATION:  auth_failed, auth.c:335\n");
  CHECK(x.sqlstate == "28P01");
  CHECK(x.message
        == "connection to server at \"10.0.0.1\", port 5432 failed: FATAL: password authentication failed "
           "for user \"app\"");
}

TEST_CASE("the last of several attempts gives the SQLSTATE, and all are told", "[postgres]") {
  const auto x = read_connect_error("connection failed: FATAL:  28000: no entry for host, SSL encryption\n"
                                    "LOCATION:  ClientAuthentication, auth.c:1\n"
                                    "connection failed: FATAL:  53300: too many\nLOCATION:  f, f.c:1\n");
  CHECK(x.sqlstate == "53300");
  CHECK(x.message == "connection failed: FATAL: no entry for host, SSL encryption; connection failed: FATAL: too many");
}

TEST_CASE("the severity may be of any language, and the detail is kept", "[postgres]") {
  const auto x = read_connect_error("FATAL...\xC3\x89:  57P03: pr\xC3\xAAt\nDETAIL:  Consistent recovery state has not "
                                    "been reached.\n");
  CHECK(x.sqlstate == "57P03");
  CHECK(x.message == "FATAL...\xC3\x89: pr\xC3\xAAt; DETAIL:  Consistent recovery state has not been reached.");
}

TEST_CASE("libpq's own errors have no SQLSTATE", "[postgres]") {
  const auto x =
    read_connect_error("connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the "
                       "server running on that host and accepting TCP/IP connections?\n");
  CHECK(x.sqlstate.empty());
  CHECK(x.message
        == "connection to server at \"127.0.0.1\", port 1 failed: Connection refused; Is the server running "
           "on that host and accepting TCP/IP connections?");
  CHECK(read_connect_error("").message.empty());
  CHECK(read_connect_error("x:  28P0").sqlstate.empty());
  CHECK(read_connect_error("x:  28p01: y").sqlstate.empty());
}
