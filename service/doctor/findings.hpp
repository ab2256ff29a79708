// What `tripool doctor` makes of what it learned about one server and about all: findings, each with what to do.
// Pure. Used by the command.
#pragma once

#include "tripool/core/config/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool::service {

/// How bad a finding is.
enum class verdict { fine, warning, problem };

/// One finding.
struct finding {
  verdict how = verdict::fine;
  std::string pool; ///< Empty: about all.
  std::string what; ///< "names", "reach", "credentials", "tls", "role", "lag", "limits", "clock", "version"
  std::string text;
  std::string advice{}; ///< What to do; empty when all is fine.
};

/// What was learned of one pool's server. What could not be learned is empty.
struct server_report {
  std::string pool;
  std::string target;                         ///< "host:port", or a socket folder.
  std::optional<std::string> name_problem{};  ///< The host's name is not resolved.
  std::optional<std::string> reach_problem{}; ///< Nobody listens there, or nothing comes back.
  std::optional<std::string> login_problem{}; ///< The server refused the session.
  std::string sqlstate{};                     ///< Of that.
  bool answered = false;                      ///< The questions below were answered.
  bool probed = false;                        ///< Only the monitor was answered: role and timeline are known.
  bool in_recovery = false;
  bool read_only = false;
  bool over_network = false;
  bool tls = false;
  std::string sslmode{};
  std::string system{}; ///< The cluster's identifier, where it may be asked for.
  std::uint32_t timeline = 0;
  bool detached = false;    ///< A standby that receives nothing from anybody.
  std::int64_t version = 0; ///< 150020
  std::int64_t max_connections = 0;
  std::int64_t reserved = 0; ///< For superusers.
  std::int64_t used = 0;     ///< By whomever, now.
  std::optional<double> lag_seconds{};
  double clock_seconds = 0; ///< The server's clock less this machine's.
};

/// About one server.
std::vector<finding> findings_of(const server_report& x, const pool_options& limits);
/// About all of them together.
std::vector<finding> findings_of_all(const std::vector<server_report>& all, const options& config);

std::string_view to_string(verdict x) noexcept;

} // namespace tripool::service
