// The keywords of a connection, and what is known once it is made or has failed.
#include "tripool/core/postgres/detail/dial.hpp"

#include "tripool/core/credentials/scrub.hpp"
#include "tripool/core/postgres/detail/libpq_text.hpp"

#include <algorithm>
#include <string>

namespace tripool::postgres {

namespace {

/// Keywords and values for PQconnectStartParams. A later keyword replaces an earlier one; empty values are left out, so
/// that libpq's own defaults apply.
class keyword_list {
public:
  void add(const char* keyword, std::string value) {
    if (!value.empty()) {
      names_.push_back(keyword);
      owned_.push_back(std::move(value));
      values_.push_back(nullptr);
    }
  }
  /// The secret is borrowed, not copied.
  void add_secret(const char* keyword, const char* value) {
    names_.push_back(keyword);
    owned_.emplace_back();
    values_.push_back(value);
  }
  conn_handle start() {
    for (std::size_t i = 0; i < owned_.size(); ++i) {
      if (!values_[i]) {
        values_[i] = owned_[i].c_str();
      }
    }
    names_.push_back(nullptr);
    values_.push_back(nullptr);
    return conn_handle{PQconnectStartParams(names_.data(), values_.data(), 0)};
  }

private:
  std::vector<const char*> names_;
  std::vector<std::string> owned_;
  std::vector<const char*> values_;
};

/// The server's options that libpq would send if the list had none: those of its environment.
std::string default_options() {
  const std::unique_ptr<PQconninfoOption, libpq_deleter<PQconninfoFree>> all{PQconndefaults()};
  for (const auto* x = all.get(); x && x->keyword; ++x)
    if (std::string_view{x->keyword} == "options" && x->val) return x->val;
  return {};
}

/// A duration in whole units, rounded up so that a short one does not become "use the default".
template <class Unit>
std::string whole(duration x) {
  return std::to_string(std::chrono::ceil<Unit>(std::max(x, duration::zero())).count());
}

} // namespace

conn_handle start_dial(const dial_target& to, const credential& with) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  keyword_list k;
  k.add("keepalives", "1");
  k.add("keepalives_idle", whole<seconds>(to.keepalive_idle));
  k.add("keepalives_interval", whole<seconds>(to.keepalive_interval));
  k.add("keepalives_count", std::to_string(to.keepalive_count));
  k.add("tcp_user_timeout", whole<milliseconds>(to.tcp_user_timeout));
  // Bounds the blocking cancel of libpq 17; libpq does not enforce it on this path.
  k.add("connect_timeout", "5");
  // A pool is one server: what the environment says about roles is not for it.
  k.add("target_session_attrs", "any");
  std::string timeout;
  if (to.statement_timeout > duration::zero()) {
    timeout = "-c statement_timeout=" + whole<milliseconds>(to.statement_timeout);
    const auto more = default_options();
    k.add("options", more.empty() ? timeout : timeout + ' ' + more);
  }
  for (const auto& [keyword, value] : to.options) {
    const bool both = keyword == "options" && !timeout.empty();
    k.add(keyword.c_str(), both ? timeout + ' ' + value : value);
  }
  k.add("host", to.host);
  k.add("hostaddr", to.address.starts_with('/') ? std::string{} : to.address);
  if (to.host.empty() && to.address.starts_with('/')) {
    k.add("host", to.address);
  }
  k.add("port", std::to_string(to.port));
  k.add("dbname", to.dbname);
  k.add("user", with.user.empty() ? to.user : with.user);
  k.add("application_name", to.application_name);
  k.add("client_encoding", "UTF8");
  if (with.has_password) {
    k.add_secret("password", with.password.reveal());
  }
  if (!with.key_passphrase.empty()) {
    k.add_secret("sslpassword", with.key_passphrase.reveal());
  }
  // Passfiles are read by whoever made the credential; libpq would read its own as well.
  k.add("passfile", "/nonexistent");
  auto conn = k.start();
  if (conn) {
    PQsetErrorVerbosity(conn.get(), PQERRORS_VERBOSE);
  }
  return conn;
}

session_loss explain_failed_dial(const PGconn* conn) {
  session_loss loss = read_connect_error(PQerrorMessage(conn));
  if (const char* hidden = PQpass(conn)) {
    loss.message = scrub(std::move(loss.message), hidden);
  }
  if (loss.sqlstate.empty() && PQconnectionNeedsPassword(conn)) {
    loss.sqlstate = "28000";
    loss.message += "; the server asks for a password and none is configured";
  }
  if (loss.message.empty()) {
    loss.message = "the connection could not be made, and the client library does not say why";
  }
  loss.during = session_loss::phase::dialling;
  return loss;
}

std::optional<std::string> wrong_encoding(const PGconn* conn) {
  const char* value = PQparameterStatus(conn, "client_encoding");
  if (!value || std::string_view{value} == "UTF8") {
    return std::nullopt;
  }
  return "the server reports client_encoding " + std::string{value}
         + " although UTF8 was asked for: text would be misread. Look at what stands between here and the server";
}

std::optional<bool> reported_flag(const PGconn* conn, const char* name) {
  const char* value = PQparameterStatus(conn, name);
  return value ? std::optional{std::string_view{value} == "on"} : std::nullopt;
}

server_info describe_server(const PGconn* conn, const dial_target& to) {
  server_info info;
  info.host = to.host.empty() ? std::string{PQhost(conn)} : to.host;
  info.port = to.port;
  const bool bare_ipv6 = !info.host.starts_with('/') && info.host.find(':') != std::string::npos;
  info.address = (bare_ipv6 ? '[' + info.host + ']' : info.host) + ':' + std::to_string(to.port);
  info.version = PQserverVersion(conn);
  info.backend_pid = PQbackendPID(conn);
  info.in_hot_standby = reported_flag(conn, "in_hot_standby");
  info.read_only = reported_flag(conn, "default_transaction_read_only");
  return info;
}

} // namespace tripool::postgres
