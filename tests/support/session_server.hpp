// Where and as whom session tests connect: the primary of the shared private cluster, in the port's own terms.
// Header only, like test_cluster.hpp, so that test executables without a server need not link the cluster.
// Used by integration tests that speak to sessions directly.
#pragma once

#include "tests/support/test_cluster.hpp"
#include "tripool/core/ports/session.hpp"

namespace tripool::test {

/// The dial targets and the password of one server. Look it up anew in each test: the cluster may have been replaced.
class session_server {
public:
  /// The primary of the shared cluster.
  static session_server primary() {
    auto& home = shared_cluster();
    return session_server{home.at(home.primary()), must(home.value(home.primary(), "show unix_socket_directories"))};
  }

  session_server(cluster::endpoint at, std::string socket_directory)
    : at_(std::move(at)), socket_directory_(std::move(socket_directory)) {}

  /// Over TCP.
  dial_target target() const {
    dial_target to;
    to.host = at_.host;
    to.port = at_.port;
    to.dbname = at_.database;
    to.user = at_.user;
    to.application_name = "tripool session test";
    return to;
  }

  /// Over the server's unix socket.
  dial_target unix_target() const {
    auto to = target();
    to.host = socket_directory_;
    return to;
  }

  credential password() const {
    credential with;
    with.password = secret{std::string{at_.password}};
    with.has_password = true;
    with.source = "the test";
    return with;
  }

private:
  cluster::endpoint at_;
  std::string socket_directory_;
};

} // namespace tripool::test
