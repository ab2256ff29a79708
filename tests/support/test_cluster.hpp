// PostgreSQL for integration tests: one private cluster (a primary and two streaming standbys) that is made when the
// first test asks for it, shared by all tests of the process, and made anew after a test that broke it. Header only,
// so that test executables without a server need not link it. Used by tests/integration.
#pragma once

#include "service/cluster/private_cluster.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace tripool::test {

/// Returns the value of a cluster operation, or fails the test with its problem.
template <class T>
T must(cluster::result<T> x) {
  if (!x) FAIL(cluster::to_string(x.error()));
  return std::move(*x);
}

inline void must(const cluster::result<void>& x) {
  if (!x) FAIL(cluster::to_string(x.error()));
}

namespace detail {

inline std::optional<cluster::private_cluster>& shared_cluster_slot() {
  static std::optional<cluster::private_cluster> slot; // Destroyed at exit; the guardian sees to anything worse.
  return slot;
}

/// Returns whether node0 is still the primary and all members answer.
inline bool is_intact(cluster::private_cluster& x) {
  if (x.primary() != 0) return false;
  for (std::size_t member = 0; member < x.size(); ++member) {
    if (x.state(member) != cluster::member_state::running) return false;
    const auto answer = x.value(member, "select pg_is_in_recovery()");
    if (!answer || *answer != (member == 0 ? "f" : "t")) return false;
    if (member > 0 && !x.wait_until_streaming(member)) return false;
  }
  return true;
}

} // namespace detail

/// Ends the shared cluster: the next call of `shared_cluster` makes a new one. For a test that changed what
/// `shared_cluster` does not look at, for example a setting or a role's password.
inline void discard_shared_cluster() {
  detail::shared_cluster_slot().reset();
}

/// Returns the shared cluster: node0 is the primary, node1 and node2 stream from it. A test may crash, hang or
/// promote its members as it likes: one that is no longer as it was made is replaced here. The reference is valid
/// until the next call. A cluster that cannot be made fails the test.
inline cluster::private_cluster& shared_cluster() {
  auto& slot = detail::shared_cluster_slot();
  if (slot && !detail::is_intact(*slot)) slot.reset();
  if (!slot) slot.emplace(must(cluster::private_cluster::start()));
  return *slot;
}

/// An empty database of its own for one test, in the shared cluster, on every member. Dropped at the end of the test,
/// whoever is still connected to it.
class test_database {
public:
  test_database() : home_(shared_cluster()), name_(next_name()) {
    must(home_.create_database(name_));
    for (std::size_t member = 1; member < home_.size(); ++member) must(home_.wait_until_caught_up(member));
  }
  test_database(const test_database&) = delete;
  test_database& operator=(const test_database&) = delete;
  ~test_database() {
    const auto primary = home_.primary();
    if (home_.state(primary) != cluster::member_state::running) return; // The cluster is replaced as a whole.
    (void)home_.sql(primary, "drop database if exists " + name_ + " with (force)");
  }

  cluster::private_cluster& home() noexcept { return home_; }
  const std::string& name() const noexcept { return name_; }

  /// Where and as whom to connect.
  cluster::endpoint at(std::size_t member) const { return home_.at(member, name_); }

  /// Returns the connection string of a member, with its password.
  std::string connection_string(std::size_t member = 0) const { return cluster::connection_string(at(member)); }

  /// Runs SQL in this database and returns its rows, or fails the test.
  std::vector<cluster::row> sql(std::string_view text, std::size_t member = 0) {
    return must(home_.sql(member, text, name_));
  }

  /// Returns the first column of the first row of a query in this database, or fails the test.
  std::string value(std::string_view text, std::size_t member = 0) { return must(home_.value(member, text, name_)); }

private:
  static std::string next_name() {
    static std::atomic<int> count{0};
    return "test_" + std::to_string(++count);
  }

  cluster::private_cluster& home_;
  std::string name_;
};

} // namespace tripool::test
