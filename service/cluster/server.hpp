// One PostgreSQL server of a private cluster: its configuration file, its processes and their state.
// Knows nothing of replication roles beyond what its settings say. Used by private_cluster.
#pragma once

#include "service/cluster/private_cluster.hpp"
#include "service/cluster/result.hpp"
#include "service/cluster/workshop.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tripool::cluster {

/// One server. Its postmaster is a child of this process.
///
///     stopped --launch+wait_until_ready--> running --hang--> hung
///        ^                                  |   ^             |
///        +------ stop, crash, (its death) --+   +--- resume --+
///        +------ crash -----------------------------------------+
class server {
public:
  /// Parameter to value, as in postgresql.conf, without quotes.
  using settings_map = std::map<std::string, std::string>;

  /// `shop` is not owned and must outlive the server.
  server(const workshop& shop, std::string name, settings_map settings);
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Stops it (immediate), and kills what does not go.
  ~server();

  const std::string& name() const noexcept { return name_; }
  std::filesystem::path data() const { return shop_.folder / name_; }
  std::filesystem::path log_file() const { return shop_.folder / (name_ + ".log"); }
  std::uint16_t port() const noexcept { return port_; }

  /// Takes effect at the next launch.
  void set_port(std::uint16_t port) noexcept { port_ = port; }

  /// Takes effect at the next launch or reload.
  settings_map& settings() noexcept { return settings_; }

  /// Returns its state; notices when the postmaster has ended by itself.
  member_state state() noexcept;

  /// Runs the server in single-user mode once, which records settings like max_connections in its data. A standby
  /// that is made of a copy refuses to start when its own are lower than the recorded ones. Precondition: stopped.
  result<void> record_settings();

  /// Writes the configuration and starts the postmaster. Precondition: stopped.
  result<void> launch();

  /// Waits until it accepts connections (a standby: read-only ones). A postmaster that ends meanwhile is a problem
  /// with the end of its log.
  result<void> wait_until_ready();

  /// Writes the configuration and tells the postmaster to read it.
  result<void> reload();

  /// Asks the postmaster to stop, without waiting.
  void ask_to_stop(stop_mode mode) noexcept;

  /// Stops it and waits. One that does not go in time is killed, which is a problem.
  result<void> stop(stop_mode mode);

  /// Kills all its processes and waits until none is left.
  result<void> kill_all();

  /// Stops all processes by SIGSTOP and waits until they stand still.
  result<void> hang();

  /// Lets all processes continue.
  void resume() noexcept;

  /// Returns a problem with this message and the end of the server's log.
  problem complain(const std::string& message) const;

private:
  std::string unique_name() const { return shop_.tag + "-" + name_; }
  std::filesystem::path config_file() const { return shop_.folder / (name_ + ".conf"); }
  command postgres(std::vector<std::string> mode) const;
  result<void> write_configuration() const;
  std::string postmaster_status() const;
  void forget() noexcept;

  const workshop& shop_;
  std::string name_;
  settings_map settings_;
  std::uint16_t port_ = 0; ///< 0: not known yet.
  pid_t postmaster_ = 0;   ///< 0: none.
  bool is_hung_ = false;
};

} // namespace tripool::cluster
