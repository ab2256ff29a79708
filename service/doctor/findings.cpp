// Judging servers.
#include "service/doctor/findings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace tripool::service {

namespace {

constexpr double clock_warning = 2;
constexpr double lag_warning = 10;
constexpr std::int64_t version_min = 140000;

std::string login_advice(const std::string& sqlstate) {
  if (sqlstate == "28P01" || sqlstate == "28000")
    return "check user and password; pg_hba.conf must let this user in from this machine";
  if (sqlstate == "3D000") return "make the database, or correct dbname";
  if (sqlstate == "53300") return "the server is full: lower the pools' connections-max, or raise its max_connections";
  if (sqlstate == "57P03") return "the server is starting up or shutting down: try again in a moment";
  return "the message is the server's own; its log says more";
}

std::string seconds_text(double x) {
  return std::to_string(static_cast<long>(std::llround(x))) + " s";
}

void judge_session(const server_report& x, std::vector<finding>& out) {
  const bool weak = x.sslmode != "verify-full" && x.sslmode != "verify-ca";
  if (x.over_network && !x.tls) {
    out.push_back({verdict::warning, x.pool, "tls", "the session is not encrypted although it crosses a network",
                   "set sslmode = \"verify-full\" and ssl-root-cert, and switch ssl on at the server"});
  } else if (x.tls && weak) {
    out.push_back({verdict::warning, x.pool, "tls",
                   "the session is encrypted, but the server's identity is not checked",
                   "set sslmode = \"verify-full\" and ssl-root-cert"});
  } else {
    out.push_back(
      {verdict::fine, x.pool, "tls", x.tls ? "encrypted, and the server is verified" : "local, not encrypted"});
  }
  if (x.version < version_min)
    out.push_back({verdict::problem, x.pool, "version", "the server is older than PostgreSQL 14", "upgrade it"});
  std::string role = x.in_recovery ? "a standby" : "a primary";
  if (x.timeline > 0) role += " on timeline " + std::to_string(x.timeline);
  if (!x.in_recovery && x.read_only) {
    out.push_back({verdict::warning, x.pool, "role", role + ", but read-only",
                   "default_transaction_read_only is on for this user, database or server"});
  } else {
    out.push_back({verdict::fine, x.pool, "role", role});
  }
  if (x.lag_seconds && *x.lag_seconds > lag_warning)
    out.push_back({verdict::warning, x.pool, "lag",
                   "it replays " + seconds_text(*x.lag_seconds) + " behind the primary",
                   "look at its replication; reads that are too old are kept from it above 60 s"});
  if (std::abs(x.clock_seconds) > clock_warning)
    out.push_back({verdict::warning, x.pool, "clock",
                   "its clock differs from this machine's by " + seconds_text(std::abs(x.clock_seconds)),
                   "synchronise both (chrony, systemd-timesyncd): replication lag is judged by them"});
}

} // namespace

std::vector<finding> findings_of(const server_report& x, const pool_options& limits) {
  if (x.name_problem)
    return {{verdict::problem, x.pool, "names", *x.name_problem, "correct host, or the resolver of this machine"}};
  if (x.reach_problem)
    return {{verdict::problem, x.pool, "reach", x.target + ": " + *x.reach_problem,
             "is the server running, does it listen there (listen_addresses, port), does a firewall stand between?"}};
  if (x.login_problem) return {{verdict::problem, x.pool, "credentials", *x.login_problem, login_advice(x.sqlstate)}};
  if (!x.answered && x.probed)
    return {{verdict::warning, x.pool, "role",
             std::string{x.in_recovery ? "a standby" : "a primary"} + " on timeline " + std::to_string(x.timeline)
               + ", from which nothing is served",
             "what is said of all pools below tells why; `tripool status` of a running service does too"}};
  if (!x.answered)
    return {{verdict::problem, x.pool, "session", x.target + ": a session was not to be had in time",
             "look at the server's load and log"}};
  std::vector<finding> out{{verdict::fine, x.pool, "reach", x.target + " answers, and lets this user in"}};
  judge_session(x, out);
  const auto free = x.max_connections - x.reserved;
  // One for the monitor's probes, one for the listener.
  const auto wanted = static_cast<std::int64_t>(limits.connections_max) + 2;
  if (wanted > free)
    out.push_back(
      {verdict::problem, x.pool, "limits",
       "the pool may open " + std::to_string(wanted) + " connections, the server has room for " + std::to_string(free),
       "lower connections-max, or raise max_connections"});
  return out;
}

std::vector<finding> findings_of_all(const std::vector<server_report>& all, const options& config) {
  std::vector<finding> out;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> by_server; // Wanted, free.
  std::set<std::string> systems;
  std::size_t primaries = 0;
  std::size_t answered = 0;
  std::uint32_t highest = 0;
  for (std::size_t i = 0; i < all.size() && i < config.pools.size(); ++i) {
    const auto& x = all[i];
    if (!x.answered && !x.probed) continue;
    ++answered;
    if (!x.system.empty()) systems.insert(x.system);
    if (!x.in_recovery) {
      ++primaries;
      highest = std::max(highest, x.timeline);
    }
    if (!x.answered) continue;
    auto& [wanted, free] = by_server[x.target];
    wanted += static_cast<std::int64_t>(config.pools[i].connections_max) + 2;
    free = x.max_connections - x.reserved;
  }
  const auto simple = static_cast<std::int64_t>(config.simple.connections_max);
  for (const auto& [target, x] : by_server) {
    if (x.first <= x.second && config.resilience && x.first + simple > x.second)
      out.push_back({verdict::warning,
                     {},
                     "limits",
                     "on " + target + " the pools may open " + std::to_string(x.first)
                       + " connections, and the simple pool " + std::to_string(simple)
                       + " more when it stands in; the server has room for " + std::to_string(x.second),
                     "raise max_connections, or lower connections-max of a pool or of simple-pool"});
    if (x.first > x.second)
      out.push_back({verdict::problem,
                     {},
                     "limits",
                     "all pools on " + target + " together may open " + std::to_string(x.first)
                       + " connections, the server has room for " + std::to_string(x.second),
                     "lower connections-max of some, or raise max_connections"});
  }
  if (answered > 0 && primaries == 0)
    out.push_back({verdict::problem, {}, "role", "no server is a primary: nobody takes writes", "promote one"});
  if (systems.size() > 1)
    out.push_back({verdict::problem,
                   {},
                   "role",
                   "the pools' servers belong to " + std::to_string(systems.size()) + " different clusters",
                   "only pools of the first one serve requests that name no pool: correct the addresses"});
  for (const auto& x : all) {
    if (x.timeline == 0 || x.timeline >= highest) continue;
    if (x.in_recovery && x.detached)
      out.push_back({verdict::warning, x.pool, "role",
                     "a standby of timeline " + std::to_string(x.timeline) + " while timeline "
                       + std::to_string(highest) + " exists: it receives nothing, and grows old",
                     "point its primary_conninfo at the primary"});
    if ((x.answered || x.probed) && !x.in_recovery)
      out.push_back({verdict::problem, x.pool, "role",
                     "a primary of timeline " + std::to_string(x.timeline) + " while timeline "
                       + std::to_string(highest) + " exists: a ghost",
                     "stop it; pg_rewind makes a standby of it"});
  }
  return out;
}

std::string_view to_string(verdict x) noexcept {
  switch (x) {
    case verdict::fine: return "ok";
    case verdict::warning: return "warning";
    case verdict::problem: return "problem";
  }
  return "problem";
}

} // namespace tripool::service
