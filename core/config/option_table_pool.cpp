// The keys of a pool: where its server is, how it proves who it is, and its limits.
#include "tripool/core/config/option_table_pool.hpp"

#include <array>
#include <utility>

namespace tripool::detail {

namespace {

constexpr auto group = option_group::pool;
constexpr std::array<std::string_view, 6> ssl_modes{"disable", "allow",     "prefer",
                                                    "require", "verify-ca", "verify-full"};
constexpr std::array<std::string_view, 3> channel_bindings{"disable", "prefer", "require"};

constexpr std::array<std::string_view, 2> tls_versions{"TLSv1.2", "TLSv1.3"};

using field_function = field_ref (*)(options&, pool_options&);

#define TRIPOOL_FIELD(path) [](options&, pool_options& p) -> field_ref { return &p.path; }
// A libpq keyword without a field of its own. Asking for it makes its entry.
#define TRIPOOL_LIBPQ(name) [](options&, pool_options& p) -> field_ref { return &libpq_option(p, name); }

std::string& libpq_option(pool_options& p, std::string_view name) {
  for (auto& [key, value] : p.target.options)
    if (key == name) return value;
  return p.target.options.emplace_back(std::string{name}, std::string{}).second;
}

option_spec text(std::string_view key, field_function field, std::string_view note, std::string_view doc) {
  return {.key = key, .group = group, .type = option_type::text, .field = field, .default_note = note, .doc = doc};
}

option_spec path(std::string_view key, field_function field, std::string_view note, std::string_view doc) {
  return {.key = key, .group = group, .type = option_type::path, .field = field, .default_note = note, .doc = doc};
}

option_spec time(std::string_view key, field_function field, std::int64_t min, std::int64_t max, std::string_view doc) {
  return {
    .key = key, .group = group, .type = option_type::time_span, .field = field, .min = min, .max = max, .doc = doc};
}

option_spec count(std::string_view key, field_function field, std::int64_t min, std::int64_t max, std::string_view unit,
                  std::string_view doc) {
  return {.key = key,
          .group = group,
          .type = option_type::count,
          .field = field,
          .min = min,
          .max = max,
          .unit = unit,
          .doc = doc};
}

void add_address(std::vector<option_spec>& to) {
  to.push_back({.key = "enabled",
                .group = group,
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(enabled),
                .doc = "`false` leaves the pool out without removing its settings."});
  to.push_back({.key = "connection",
                .group = group,
                .type = option_type::text,
                .doc = "Where the server is, as a libpq connection string (`host=... dbname=...`) or URI "
                       "(`postgresql://...`), with any libpq keyword. The keys below win over what it says.",
                .is_secret = true});
  to.push_back(text("host", TRIPOOL_FIELD(target.host), "`PGHOST`, or the local socket",
                    "One host name, address, or folder of a socket. A pool has one server."));
  auto port = count("port", TRIPOOL_FIELD(target.port), 1, 65535, "", "The server's port.");
  port.default_note = "`PGPORT`, or 5432";
  to.push_back(port);
  to.push_back(text("dbname", TRIPOOL_FIELD(target.dbname), "`PGDATABASE`, or the user's name", "The database."));
  to.push_back(
    text("user", TRIPOOL_FIELD(target.user), "`PGUSER`, or the name of the system's user", "The role to log in as."));
  to.push_back(text("application-name", TRIPOOL_FIELD(target.application_name), "`PGAPPNAME`, or `tripool`",
                    "What the server shows in `pg_stat_activity`."));
}

void add_security(std::vector<option_spec>& to) {
  auto mode = text("sslmode", TRIPOOL_LIBPQ("sslmode"), "`PGSSLMODE`, or `prefer`",
                   "How far TLS is insisted on. Only `verify-full` proves that it is the right server.");
  mode.choices = ssl_modes;
  to.push_back(mode);
  to.push_back(path("ssl-root-cert", TRIPOOL_LIBPQ("sslrootcert"), "libpq's",
                    "File of the certificate authorities that may vouch for the server."));
  to.push_back(path("ssl-cert", TRIPOOL_LIBPQ("sslcert"), "libpq's", "File of the client's certificate."));
  to.push_back(path("ssl-key", TRIPOOL_LIBPQ("sslkey"), "libpq's", "File of the client certificate's key."));
  to.push_back(path("ssl-key-passphrase-file", TRIPOOL_FIELD(credentials.key_passphrase_file), "",
                    "File that holds the passphrase of `ssl-key` and nothing else."));
  to.push_back(path("ssl-crl", TRIPOOL_LIBPQ("sslcrl"), "libpq's", "File of revoked certificates."));
  auto version = text("ssl-min-protocol-version", TRIPOOL_LIBPQ("ssl_min_protocol_version"), "`TLSv1.2`",
                      "The oldest version of TLS that is spoken.");
  version.choices = tls_versions;
  to.push_back(version);
  auto binding = text("channel-binding", TRIPOOL_LIBPQ("channel_binding"), "`PGCHANNELBINDING`, or `prefer`",
                      "Whether SCRAM must be bound to the TLS channel.");
  binding.choices = channel_bindings;
  to.push_back(binding);
  to.push_back(path("password-file", TRIPOOL_FIELD(credentials.password_file), "",
                    "File that holds the password and nothing else. Read again at each dial, so that a rotated "
                    "password needs no restart."));
  to.push_back(path("passfile", TRIPOOL_FIELD(credentials.passfile), "`PGPASSFILE`, or `~/.pgpass`",
                    "File of passwords in libpq's own format."));
  to.push_back({.key = "password",
                .group = group,
                .type = option_type::text,
                .doc = "The password itself. Accepted with a warning: whoever reads the configuration has it. Prefer "
                       "`password-file` or `passfile`.",
                .is_secret = true});
}

void add_credentials(std::vector<option_spec>& to) {
  to.push_back(text("credential", TRIPOOL_FIELD(credentials.name), "the pool's own",
                    "Pools that name the same share one credential: its sources are asked once for all of them."));
  to.push_back(text("credential-sources", TRIPOOL_FIELD(credentials.sources), "all that are configured, in this order",
                    "Which sources are asked, in which order, until one has a password: `application`, "
                    "`password-file`, `secret-directory`, `systemd`, `command`, `configuration`, `environment`, "
                    "`passfile`."));
  to.push_back(text("password-variable", TRIPOOL_FIELD(credentials.password_variable), "`PGPASSWORD`",
                    "The environment variable that the source `environment` reads."));
  to.push_back(path("secret-directory", TRIPOOL_FIELD(credentials.secret_directory), "",
                    "Folder of mounted secrets, as Kubernetes and Docker make them. A file `username` in it names the "
                    "role."));
  to.push_back(text("secret-name", TRIPOOL_FIELD(credentials.secret_name), "`password`",
                    "The file in `secret-directory` that holds the password."));
  to.push_back(text("systemd-credential", TRIPOOL_FIELD(credentials.systemd_credential), "",
                    "Name of a credential that systemd hands over (`LoadCredential=`, `$CREDENTIALS_DIRECTORY`)."));
  auto command = text("credential-command", TRIPOOL_FIELD(credentials.command), "",
                      "A program that prints the password, or JSON with password, role and expiry (docs/security.md). "
                      "Cut into words, without a shell.");
  command.is_secret = true; // People put tokens there.
  to.push_back(command);
  to.push_back({.key = "credential-command-shell",
                .group = group,
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(credentials.command_shell),
                .doc = "Hands the command to `/bin/sh -c` as it is."});
  to.push_back(time("credential-command-timeout", TRIPOOL_FIELD(credentials.command_timeout), 10 * one_ms,
                    10 * one_minute, "A command that runs for longer is killed."));
  to.push_back(time("credential-keep", TRIPOOL_FIELD(credentials.keep), 0, 8760 * one_hour,
                    "While no source has a password, the one that a server accepted last is used for so long; kept in "
                    "memory only. `0s`: never."));
  to.push_back(time("credential-check-interval", TRIPOOL_FIELD(credentials.check_interval), 0, 24 * one_hour,
                    "So often files are looked at for a new password even when nothing is dialled; `0s`: never."));
  to.push_back(time("credential-rotation-spread", TRIPOOL_FIELD(credentials.rotation_spread), 0, 24 * one_hour,
                    "When the password has changed, the connections that were opened with the old one are replaced one "
                    "by one within this time, none of them with a request on it; so are those for probes and for "
                    "listening."));
}

void add_size(std::vector<option_spec>& to) {
  auto min = count("connections-min", TRIPOOL_FIELD(connections_min), 0, 1000, "connections",
                   "So many connections are kept open even when idle.");
  min.default_note = "2 (`backup`, `failover`: 1)";
  to.push_back(min);
  auto max = count("connections-max", TRIPOOL_FIELD(connections_max), 1, 1000, "connections",
                   "Never more than this, counting those that are being opened or closed.");
  max.default_note = "10 (`backup`, `failover`: 5)";
  to.push_back(max);
  to.push_back(time("connect-timeout", TRIPOOL_FIELD(connect_timeout), 10 * one_ms, 10 * one_minute,
                    "How long opening a connection may take, name resolution included."));
  to.push_back(time("lifetime", TRIPOOL_FIELD(lifetime), one_second, 8760 * one_hour,
                    "A connection of this age, less up to a tenth, is replaced as soon as it is free."));
  to.push_back(time("idle-timeout", TRIPOOL_FIELD(idle_timeout), one_second, 8760 * one_hour,
                    "A connection above `connections-min` that was idle for longer is closed ..."));
  to.push_back(time("idle-check-interval", TRIPOOL_FIELD(idle_check_interval), 100 * one_ms, one_hour,
                    "... at most one in this time."));
  to.push_back(time("validate-after-idle", TRIPOOL_FIELD(validate_after_idle), 0, one_hour,
                    "A connection that was idle for longer is tried out before a write uses it; `0s`: always."));
  to.push_back(time("validation-timeout", TRIPOOL_FIELD(validation_timeout), 10 * one_ms, one_minute,
                    "A connection that takes longer to prove itself then is closed."));
  to.push_back(time("backoff-min", TRIPOOL_FIELD(backoff_min), one_ms, one_minute,
                    "The first pause before dialling again after a failure ..."));
  to.push_back(time("backoff-max", TRIPOOL_FIELD(backoff_max), one_ms, one_hour,
                    "... doubling up to this. Each pause is drawn at random between nothing and its length."));
}

void add_protection(std::vector<option_spec>& to) {
  to.push_back(count("retry-percent", TRIPOOL_FIELD(retries.percent), 0, 1000, "percent",
                     "So many of its requests, as a part of those that its server answered in the last 10 s, are sent "
                     "again to another pool after they failed on a connection ..."));
  to.push_back(count("retry-floor", TRIPOOL_FIELD(retries.floor), 0, 1'000'000, "requests",
                     "... and so many more in 10 s. Others are answered with their failure. What was never sent, and "
                     "writes with a token, are moved in any case."));
  to.push_back(count("breaker-percent", TRIPOOL_FIELD(breaker.failure_percent), 0, 100, "percent",
                     "When so many of its requests of the last 10 s failed by the server's fault, the pool is used "
                     "only for what no other pool can serve, until three probes on new sessions were answered; `0`: "
                     "never."));
  to.push_back(count("breaker-requests-min", TRIPOOL_FIELD(breaker.requests_min), 1, 1'000'000, "requests",
                     "Fewer requests in 10 s prove nothing."));
  to.push_back(time("breaker-pause-min", TRIPOOL_FIELD(breaker.pause_min), one_ms, one_hour,
                    "The first pause before such probes ..."));
  to.push_back(time("breaker-pause-max", TRIPOOL_FIELD(breaker.pause_max), one_ms, one_hour,
                    "... doubling up to this while they fail, with a random part."));
}

void add_load(std::vector<option_spec>& to) {
  to.push_back(count("queue-max", TRIPOOL_FIELD(queue_max), 1, 1'000'000, "requests",
                     "So many requests may wait for a connection; further ones are answered `not_executed` at once."));
  to.push_back(time("queue-wait-max", TRIPOOL_FIELD(queue_wait_max), one_ms, one_hour,
                    "The longest that one may wait, if its own deadline is not sooner."));
  to.push_back(time("codel-target", TRIPOOL_FIELD(codel_target), one_ms, one_minute,
                    "Overload: the wait in the queue that is aimed for ..."));
  to.push_back(time("codel-interval", TRIPOOL_FIELD(codel_interval), 10 * one_ms, one_hour,
                    "... and how long it must have been missed before waiting requests are shed."));
  to.push_back(count("pipeline-depth", TRIPOOL_FIELD(pipeline_depth), 1, 1024, "requests",
                     "So many requests may be under way on one connection."));
  to.push_back(count("frame-max", TRIPOOL_FIELD(frame_max), 1, 1024, "requests",
                     "So many of them are sent in one go: as many are in doubt when the connection is lost."));
  to.push_back(
    count("read-depth", TRIPOOL_FIELD(read_depth), 1, 1024, "requests",
          "So many declared reads may be under way on one connection, and be sent in one go, if that is more "
          "than the two above allow: they leave nothing in doubt. Where one of those is `1`, it holds."));
  to.push_back(count("statement-cache", TRIPOOL_FIELD(statement_cache), 0, 100'000, "statements",
                     "So many statements stay prepared on each connection; `0` prepares none."));
  to.push_back({.key = "prepared-statements",
                .group = group,
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(prepared_statements),
                .doc = "`false`: nothing stays prepared, and nothing is asked of the server when a connection opens "
                       "that a pooler refuses. Needed behind PgBouncer in transaction mode."});
  to.push_back({.key = "trace-comments",
                .group = group,
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(trace_comments),
                .doc = "Whether a statement's W3C trace context (`traceparent`) is sent to the server as a comment in "
                       "front of its text. Such a statement is not prepared, since each of its texts is new."});
  to.push_back({.key = "server-statement-timeout",
                .group = group,
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(server_statement_timeout),
                .doc = "Whether the server is told the deadlines too, as its `statement_timeout`: a backstop that "
                       "bounds what a client that vanished leaves behind. It replaces what `ALTER ROLE` says; a "
                       "`statement_timeout` in the connection string's `options` stands."});
  to.push_back(time("slow-statement", TRIPOOL_FIELD(slow_statement), one_ms, one_hour,
                    "Nothing is sent behind a statement that has been running for longer, and a text that took longer "
                    "shares no connection until it has been quick again."));
  to.push_back(
    {.key = "result-bytes-max",
     .group = group,
     .type = option_type::size,
     .field = TRIPOOL_FIELD(result_bytes_max),
     .min = 64LL << 10,
     .max = 64LL << 30,
     .doc = "The statement of a larger result is cancelled and answered `rejected`; the connection stays. A write "
            "that has committed by then is answered even when its result is larger."});
  to.push_back(time("cancel-grace", TRIPOOL_FIELD(cancel_grace), 10 * one_ms, 10 * one_minute,
                    "A cancelled statement that goes on for longer costs its connection."));
}

void add_leases(std::vector<option_spec>& to) {
  auto max = count("leases-max", TRIPOOL_FIELD(leases_max), 0, 1000, "connections",
                   "So many connections may be lent at a time, to leases, transactions, streams and COPY; further ones "
                   "wait. `0`: the default.");
  max.default_note = "one less than `connections-max`, at least 1";
  to.push_back(max);
  to.push_back(
    time("lease-warning", TRIPOOL_FIELD(lease_warning), 0, 8760 * one_hour,
         "A connection that is lent for longer is warned about in the log, with who holds it; `0s`: never."));
  to.push_back(time("lease-hold-max", TRIPOOL_FIELD(lease_hold_max), 0, 8760 * one_hour,
                    "A lease is taken back after this time, if it does not say itself; `0s`: never."));
  to.push_back(time("transaction-hold-max", TRIPOOL_FIELD(transaction_hold_max), 0, 8760 * one_hour,
                    "A transaction is rolled back after this time, if it does not say itself; `0s`: never."));
}

void add_network(std::vector<option_spec>& to) {
  to.push_back(path("protocol-trace", TRIPOOL_FIELD(target.trace_file), "",
                    "For finding faults: everything that is said to the server and back is appended to this file, "
                    "statements and their parameters in clear, but nothing of how a connection was authenticated."));
  auto idle = time("keepalive-idle", TRIPOOL_FIELD(target.keepalive_idle), one_second, 2 * one_hour,
                   "TCP keepalive: silence before the first question whether the server is still there ...");
  idle.step = one_second;
  to.push_back(idle);
  auto interval = time("keepalive-interval", TRIPOOL_FIELD(target.keepalive_interval), one_second, one_hour,
                       "... between further ones ...");
  interval.step = one_second;
  to.push_back(interval);
  to.push_back(count("keepalive-count", TRIPOOL_FIELD(target.keepalive_count), 1, 100, "questions",
                     "... and how many without an answer end the connection."));
  auto user = time("tcp-user-timeout", TRIPOOL_FIELD(target.tcp_user_timeout), 0, one_hour,
                   "Data that the server has not acknowledged for so long ends the connection; `0s`: the system's own "
                   "limit, which is about 15 minutes.");
  user.step = one_ms;
  to.push_back(user);
}

#undef TRIPOOL_FIELD
#undef TRIPOOL_LIBPQ

} // namespace

void add_pool_options(std::vector<option_spec>& to) {
  add_address(to);
  add_security(to);
  add_credentials(to);
  add_size(to);
  add_protection(to);
  add_load(to);
  add_leases(to);
  add_network(to);
}

} // namespace tripool::detail
