// What a scenario plays on: a private cluster, a fault proxy in front of each server, a Tripool that knows only the
// proxies, an accounted load, and the account at the end.
// Knows no scenario. A step that cannot be made throws `stage_error`, which ends the scenario. Used by scenarios*.cpp.
#pragma once

#include "service/app/system.hpp"
#include "tests/chaos/app_role.hpp"
#include "tests/chaos/log_book.hpp"
#include "tests/chaos/name_server.hpp"
#include "tests/chaos/proxy.hpp"
#include "tests/load/workload.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/status.hpp"

#include <caf/actor_system.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tripool::chaos {

using namespace std::chrono_literals;

/// Why a scenario could not be played to its end.
struct stage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void must(const cluster::result<void>& x) {
  if (!x) throw stage_error{cluster::to_string(x.error())};
}

template <class T>
T must(cluster::result<T> x) {
  if (!x) throw stage_error{cluster::to_string(x.error())};
  return std::move(*x);
}

/// One thing that was measured, and its bar.
struct measure {
  std::string what;
  double value = 0;
  double bar = 0; ///< At most so much.
  std::string unit;
};

/// How one run of a scenario ended.
struct report {
  test::verdict account;
  std::vector<measure> measures;
  std::string problem; ///< Why it could not be played; empty when it was.
  std::string skipped; ///< What this machine lacks; empty when it was played.

  bool holds() const;
};

/// How a stage differs from the usual.
struct stage_setup {
  bool synchronous = false; ///< Every commit waits for a standby.
  bool plain_role = false;  ///< Tripool is no superuser, and has its password from a file; its log is kept.
  bool by_name = false;     ///< Servers are node<i>.chaos.test, which the private network's name server knows.
  /// The loop gets a core before the servers and the load, where that is allowed: the length of its turns is its own.
  bool loop_first = false;
  test::workload_options load{16, 2500ms, 1ms, {}};
  std::function<void(options&)> adjust; ///< May be empty.
};

/// A stage that is set when it is made: writes are served. One thread.
class stage {
public:
  stage(cluster::private_cluster& servers, const stage_setup& how, std::uint64_t seed);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  cluster::private_cluster& servers() noexcept { return servers_; }
  fault_proxy& proxy(std::size_t member) { return *proxies_.at(member); }
  caf::actor_system& system() noexcept { return system_; }
  instance& db() noexcept { return *db_; }
  report& result() noexcept { return report_; }
  /// Runs SQL as superuser on a member, in the stage's database; the first value, or nothing.
  std::string sql(std::size_t member, const std::string& text);
  const std::string& database() const noexcept { return database_; }
  /// Only with `plain_role`.
  app_role& role() { return *role_; }
  const log_book& log() const noexcept { return log_; }
  /// Only with `by_name`.
  name_server& names() { return *names_; }

  service_status status();
  topology_msg topology();
  const pool_stats* primary_pool(const service_status& s) const;
  /// Connections of the first pool that were lost or evicted so far.
  std::uint64_t gone();

  static time_point now() { return std::chrono::steady_clock::now(); }
  /// Lets the load run on for so long.
  void play(std::chrono::milliseconds x) const;
  /// Waits until it holds; how long that took, or an error that says what was waited for.
  duration wait_until(const std::string& what, std::chrono::milliseconds limit, const std::function<bool()>& x) const;
  /// The time from `since` to the first request that was sent and done after it.
  duration first_write(time_point since);
  /// The standby that has received most: the one to promote, since either may be the one that confirmed a commit.
  std::size_t most_advanced();
  duration first_read(time_point since);

  void record(std::string what, duration x, std::chrono::milliseconds bar);
  void record(std::string what, std::uint64_t x, std::uint64_t bar);
  /// Ends the load and takes the account from this member.
  void account(std::size_t member = 0, const std::function<bool(const test::entry&)>& counts = nullptr);
  /// Ends the load, takes the account, and begins the next load with keys above `key_base`; earlier rows are deleted.
  test::verdict next_load(std::int64_t key_base);
  std::vector<test::entry> book() const { return load_->book(); }
  /// Ends Tripool, so that nobody writes to the log any more.
  void end() { db_.reset(); }

private:
  void prepare();
  void start(std::uint64_t seed);
  duration first(time_point since, bool write);

  cluster::private_cluster& servers_;
  stage_setup how_;
  std::string database_;
  std::unique_ptr<app_role> role_;
  std::unique_ptr<name_server> names_;
  log_book log_;
  std::vector<std::unique_ptr<fault_proxy>> proxies_;
  service::system_config config_;
  caf::actor_system system_;
  std::unique_ptr<instance> db_;
  std::unique_ptr<test::workload> load_;
  report report_;
};

/// What a scenario cannot do without.
enum class need : std::uint8_t {
  nothing,
  private_network, ///< A network namespace of its own, with its own resolv.conf.
  packet_filter,   ///< That, and nftables.
};

/// One row of what can fail.
struct scenario {
  int row = 0;
  std::string name;
  bool fast = false; ///< Takes a few seconds, and is part of the quick selection.
  stage_setup how;
  std::function<void(stage&)> play;
  need needs = need::nothing;
};

/// All of them, in the order of their rows.
std::vector<scenario> all_scenarios();
/// Those of the network between Tripool and a server, made by the proxy.
std::vector<scenario> network_scenarios();
/// Those of packets, dropped by nftables.
std::vector<scenario> packet_scenarios();
/// Those of host names.
std::vector<scenario> name_scenarios();
/// Those of the servers and of Tripool's own actors.
std::vector<scenario> server_scenarios();
/// Those of being let in: too many sessions, a new password.
std::vector<scenario> admission_scenarios();
/// Those of statements in each other's way: locks, changed plans.
std::vector<scenario> statement_scenarios();
/// Those of borrowers, readers of standbys, and listeners.
std::vector<scenario> client_scenarios();

} // namespace tripool::chaos
