// The command `doctor`: reads the configuration, asks every server it names, and says what to mend.
#include "service/app/readiness.hpp"
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/operate.hpp"
#include "service/doctor/findings.hpp"
#include "service/json/writer.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/resolve.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool::service {

namespace {

constexpr std::chrono::seconds probe_limit{8};

constexpr std::string_view question =
  "select pg_is_in_recovery()::text, current_setting('transaction_read_only'), "
  "coalesce((select ssl::text from pg_stat_ssl where pid = pg_backend_pid()), 'false'), "
  "(inet_client_addr() is not null and not inet_client_addr() <<= '127.0.0.0/8' and inet_client_addr() <> "
  "'::1')::text, "
  "current_setting('server_version_num'), current_setting('max_connections'), "
  "current_setting('superuser_reserved_connections'), extract(epoch from clock_timestamp())::text, "
  "case when pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn() "
  "then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::text end";

std::int64_t whole(std::string_view x) {
  std::int64_t out = 0;
  std::from_chars(x.data(), x.data() + x.size(), out);
  return out;
}

double fraction(std::string_view x) {
  return std::strtod(std::string{x}.c_str(), nullptr);
}

bool is_true(std::string_view x) {
  return x == "true" || x == "t" || x == "on";
}

double wall_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Asks one server through its pool.
void ask_server(blocking_client& client, server_report& x) {
  statement s;
  s.text = question;
  s.mode = access::read;
  s.format = result_format::text;
  s.pool = x.pool;
  s.timeout = std::chrono::seconds{5};
  const auto before = wall_now();
  const auto done = client.execute(std::move(s));
  if (!done || done->size() != 1) return;
  const auto cell = [&](std::size_t c) { return done->raw(0, c).value_or(""); };
  x.answered = true;
  x.in_recovery = is_true(cell(0));
  x.read_only = is_true(cell(1));
  x.tls = is_true(cell(2));
  x.over_network = is_true(cell(3));
  x.version = whole(cell(4));
  x.max_connections = whole(cell(5));
  x.reserved = whole(cell(6));
  const auto server = fraction(cell(7));
  const auto after = wall_now(); // The server's clock was read between the two.
  if (server < before) x.clock_seconds = server - before;
  if (server > after) x.clock_seconds = server - after;
  if (const auto lag = done->raw(0, 8)) x.lag_seconds = fraction(*lag);
}

/// What monitor and pool have learned by probing.
void take_over(const service_status& s, server_report& x) {
  for (const auto& m : s.monitor.pools) {
    if (m.health.pool != x.pool) continue;
    x.timeline = m.health.facts.timeline.value_or(0);
    if (m.health.facts.system_identifier) x.system = std::to_string(*m.health.facts.system_identifier);
    x.detached = m.health.facts.receiving == false;
    if (x.answered || m.health.facts.role == server_role::unknown) continue;
    x.probed = true; // A ghost, for example: it answers, and Tripool asks nothing else of it.
    x.in_recovery = m.health.facts.role == server_role::standby;
  }
  for (const auto& p : s.pools) {
    if (p.stats.name != x.pool || p.stats.connections.open() > 0 || p.stats.last_dial_error.empty()) continue;
    auto& problem = p.stats.last_dial_sqlstate.empty() ? x.reach_problem : x.login_problem;
    problem = p.stats.last_dial_error;
    x.sqlstate = p.stats.last_dial_sqlstate;
  }
}

server_report report_on(const pool_options& p) {
  server_report x;
  x.pool = p.name;
  x.target =
    (p.target.host.empty() ? std::string{"libpq's default"} : p.target.host) + ":" + std::to_string(p.target.port);
  for (const auto& [key, value] : p.target.options)
    if (key == "sslmode") x.sslmode = value;
  if (!p.target.address.empty() || !needs_resolving(p.target.host)) return x;
  if (const auto found = resolve_blocking(p.target.host); found.address.empty()) x.name_problem = found.problem;
  return x;
}

void print(const finding& x, bool json) {
  if (!json) {
    const auto place = x.pool.empty() ? std::string{"all"} : x.pool;
    std::printf("%-8s %-10s %-12s %s\n", std::string{to_string(x.how)}.c_str(), place.c_str(), x.what.c_str(),
                x.text.c_str());
    if (!x.advice.empty()) std::printf("%-8s %-10s %-12s -> %s\n", "", "", "", x.advice.c_str());
    return;
  }
  std::string line = "{\"verdict\":";
  json::append_text(line, to_string(x.how));
  for (const auto& [key, value] :
       {std::pair{"pool", &x.pool}, {"what", &x.what}, {"text", &x.text}, {"advice", &x.advice}}) {
    line.append(",\"").append(key).append("\":");
    json::append_text(line, *value);
  }
  std::printf("%s}\n", line.c_str());
}

} // namespace

int run_doctor(const std::string& file, bool json) {
  auto loaded = load_or_complain(file);
  if (!loaded) return 2;
  const auto config = loaded->options;
  std::vector<finding> all{{verdict::fine, {}, "config", file + " is right"}};
  for (const auto& w : loaded->warnings)
    all.push_back({verdict::warning, {}, "config", w, "see docs/configuration.md"});
  // One connection a pool is enough to ask, and burdens nobody.
  for (auto& p : loaded->options.pools) {
    p.connections_min = p.connections_max = 1;
    p.leases_max = 0;
  }
  std::vector<server_report> reports;
  for (const auto& p : config.pools) reports.push_back(report_on(p));
  if (!json)
    std::fprintf(stderr, "asking %zu servers, for %d s at most ...\n", reports.size(),
                 static_cast<int>(probe_limit.count()));
  system_config cfg;
  caf::actor_system sys{cfg};
  instance_parts parts;
  parts.passwords = std::move(loaded->inline_passwords);
  instance db{sys, std::move(loaded->options), std::move(parts)};
  wait_until_probed(sys, db, probe_limit);
  blocking_client client{sys, db.delegate()};
  for (auto& x : reports)
    if (!x.name_problem) ask_server(client, x);
  const auto status = ask_status(sys, db, std::chrono::seconds{3});
  for (auto& x : reports)
    if (status) take_over(*status, x);
  for (std::size_t i = 0; i < reports.size(); ++i)
    for (auto& f : findings_of(reports[i], config.pools[i])) all.push_back(std::move(f));
  for (auto& f : findings_of_all(reports, config)) all.push_back(std::move(f));
  for (const auto& f : all) print(f, json);
  const auto problems = std::count_if(all.begin(), all.end(), [](const auto& f) { return f.how == verdict::problem; });
  const auto warnings = std::count_if(all.begin(), all.end(), [](const auto& f) { return f.how == verdict::warning; });
  if (!json) std::printf("%td problems, %td warnings\n", problems, warnings);
  return finish_output(problems > 0 ? 1 : 0);
}

} // namespace tripool::service
