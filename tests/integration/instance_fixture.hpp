// An instance of Tripool on the shared private cluster: primary, backup and failover on node0, node1 and node2.
// Used by the instance_*_test.cpp beside it.
#pragma once

#include "service/app/system.hpp"
#include "tests/integration/workload.hpp"
#include "tests/support/test_cluster.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/status.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool::test {

/// How the instance differs from the defaults.
struct instance_setup {
  std::string user{};     ///< Empty: the cluster's superuser.
  std::string password{}; ///< With `user`.
  std::string password_file{};
  duration connect_timeout = std::chrono::seconds{2};
  std::function<void(options&)> adjust{}; ///< Called with the options before the instance starts; may be empty.
  std::function<void(caf::actor_system_config&)> prepare{};  ///< Called before the actor system is made; may be empty.
  std::vector<std::shared_ptr<credential_source>> sources{}; ///< The application's own sources of credentials.
};

/// The instance. Its log goes to standard error if the environment variable TRIPOOL_TEST_LOG names a level.
class running_instance {
public:
  explicit running_instance(test_database& on, const instance_setup& how = {});
  /// On servers of the test's own.
  running_instance(options o, instance_parts parts);

  caf::actor_system& system() noexcept { return system_; }
  instance& db() noexcept { return *db_; }
  const caf::actor& delegate() const noexcept { return db_->delegate(); }

  /// Asks everybody; fails the test when the delegate does not answer.
  service_status status();
  topology_msg topology();

  /// Runs one statement and returns its first value, or the failure.
  struct answer {
    std::optional<std::string> value; ///< Of the first row; empty text when there is no row.
    std::optional<failure> why_not;
    duration took{0};
  };
  answer ask(std::string sql, access mode = access::write,
             std::chrono::milliseconds limit = std::chrono::milliseconds{2500});

  /// Asks for writes until one is done; returns how long that took, or nothing after `limit`.
  std::optional<duration> wait_until_writable(std::chrono::milliseconds limit);

private:
  service::system_config config_;
  caf::actor_system system_;
  std::unique_ptr<instance> db_;
};

} // namespace tripool::test
