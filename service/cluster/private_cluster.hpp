// A private PostgreSQL cluster for demonstrations and tests: one primary and any number of streaming standbys, made
// from the installed server package in a folder of its own, on free ports of 127.0.0.1. It never touches another
// server. Also the hands that break it: crash, hang, promote, rewind. Knows nothing of pools, actors or libpq: it
// works with the package's own programs. Used by `tripool demo` and by the integration tests.
#pragma once

#include "service/cluster/endpoint.hpp"
#include "service/cluster/result.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool::cluster {

/// What kind of cluster to make. The defaults suit tests: a primary and two standbys, quick rather than durable.
struct cluster_options {
  /// Streaming standbys beside the primary, 0 to 8.
  std::size_t standbys = 2;

  /// Where the cluster lives. Empty: a new folder below $XDG_RUNTIME_DIR or /tmp. A folder that is given is created
  /// if it does not exist and must be empty if it does. At most 80 bytes long, because socket names are limited.
  std::filesystem::path state_directory;

  /// Leaves data and logs where they are at the end. Without it, what was created is removed.
  bool keep_state = false;

  /// Servers wait for the disk (fsync). Without it a crash of a server still loses nothing, only one of the machine
  /// does.
  bool durable = false;

  /// Connections that each server accepts, at least 10.
  unsigned max_connections = 60;

  /// More settings for every member, as in postgresql.conf: {"work_mem", "4MB"}. They win over those made here.
  std::vector<std::pair<std::string, std::string>> settings;

  /// The folder with `postgres` and `initdb`. Empty: the newest that is installed.
  std::filesystem::path binaries;

  /// The limit of every single step: making the data folder, a server's start or stop, a promotion, a rewind, a query.
  std::chrono::milliseconds step_limit = std::chrono::seconds{60};
};

/// How a server is asked to stop.
enum class stop_mode {
  fast,      ///< Ends the sessions (57P01) and shuts down cleanly.
  immediate, ///< Ends without a shutdown checkpoint (57P02); the next start recovers.
};

/// What a member does now, as far as this process made it so.
enum class member_state {
  stopped, ///< No process.
  running, ///< Answers.
  hung,    ///< All its processes are stopped by SIGSTOP: connections stay open, nothing answers.
};

/// One row that a query returned, as text; NULL is an empty string.
using row = std::vector<std::string>;

/// A running private cluster. Members are numbered from 0; member 0 starts as the primary, and member i is called
/// "node<i>" in logs, in `application_name` of its replication, and for `synchronous_standby_names`.
///
/// Every operation blocks for at most `step_limit` a step, and returns its problem. Use it from one thread at a time.
/// The servers run in sessions of their own, so that Ctrl-C in a terminal does not reach them, and as user `postgres`
/// (or `nobody`) when the caller is root. The destructor stops exactly what was started and removes what was created;
/// when this process is killed, even by SIGKILL, a guardian process does the same.
class private_cluster {
public:
  /// Makes and starts a cluster, and waits until the primary accepts writes and all standbys stream. After a failure
  /// nothing is left behind (unless `keep_state`).
  static result<private_cluster> start(const cluster_options& options = {});

  private_cluster(private_cluster&&) noexcept;
  private_cluster& operator=(private_cluster&&) noexcept;
  ~private_cluster();

  /// Number of members: the first primary and the standbys.
  std::size_t size() const noexcept;

  /// The member that was primary first, or was promoted last.
  std::size_t primary() const noexcept;

  /// Returns "node0", "node1", ...
  std::string name(std::size_t member) const;

  /// Where and as whom to connect: the superuser, in `database`.
  endpoint at(std::size_t member, std::string_view database = "postgres") const;

  member_state state(std::size_t member) const;

  /// The folder of this cluster, with node<i> (data) and node<i>.log.
  const std::filesystem::path& state_directory() const noexcept;

  /// The last lines of the member's log, at most about 4 kB.
  std::string log_tail(std::size_t member) const;

  // -- lifecycle ------------------------------------------------------------------------------------------------------

  /// Starts a stopped member with its data as it is, and waits until it accepts connections.
  result<void> start_member(std::size_t member);

  /// Stops a member (a hung one is resumed first). One that is not gone in time is killed, which is then reported.
  result<void> stop_member(std::size_t member, stop_mode mode = stop_mode::fast);

  /// Stops and starts.
  result<void> restart_member(std::size_t member, stop_mode mode = stop_mode::fast);

  /// Kills all processes of the member at once (SIGKILL) and waits until none is left.
  result<void> crash(std::size_t member);

  /// Stops all processes of the member with SIGSTOP and waits until all stand still.
  result<void> hang(std::size_t member);

  /// Lets a hung member continue.
  result<void> resume(std::size_t member);

  // -- replication ----------------------------------------------------------------------------------------------------

  /// Promotes a standby and waits until it accepts writes. Other standbys stay with their upstream: see `follow`.
  result<void> promote(std::size_t member);

  /// Makes a running or stopped standby stream from `upstream`. It must not be ahead of `upstream`: see `rewind_to`.
  result<void> follow(std::size_t member, std::size_t upstream);

  /// Makes a former primary (or a standby that went too far) a standby of `upstream`: stops it, rewinds it with
  /// pg_rewind, starts it and waits until it streams. What only it had is lost.
  result<void> rewind_to(std::size_t member, std::size_t upstream);

  /// Waits until a standby streams from its upstream.
  result<void> wait_until_streaming(std::size_t member);

  /// Waits until a standby has replayed what its upstream had written when this was called.
  result<void> wait_until_caught_up(std::size_t member);

  // -- set-up ---------------------------------------------------------------------------------------------------------

  /// Runs SQL as superuser; several statements are allowed, each commits for itself, the first error ends it. Returns
  /// the rows of all of them in order.
  result<std::vector<row>> sql(std::size_t member, std::string_view text, std::string_view database = "postgres");

  /// Runs SQL as `sql` does and returns the first column of the first row. No row is a problem.
  result<std::string> value(std::size_t member, std::string_view text, std::string_view database = "postgres");

  /// Creates a database on the current primary.
  result<void> create_database(std::string_view name, std::string_view owner = {});

  /// Creates a role that can log in with a password, on the current primary. `attributes` as in CREATE ROLE.
  result<void> create_role(std::string_view name, std::string_view password, std::string_view attributes = "LOGIN");

  /// Sets a parameter of a member's configuration file, or removes it, and reloads it where the member is running. What
  /// PostgreSQL reads only at start needs `restart_member`.
  result<void> configure(std::size_t member, std::string_view parameter, std::optional<std::string> setting);

private:
  struct impl;
  explicit private_cluster(std::unique_ptr<impl> x) noexcept;
  std::unique_ptr<impl> impl_;
};

} // namespace tripool::cluster
