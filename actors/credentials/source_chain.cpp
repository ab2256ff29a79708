// The order of the sources, and what they say together.
#include "tripool/actors/credentials/source_chain.hpp"

#include "tripool/actors/credentials/secret_file.hpp"
#include "tripool/core/config/credential_rules.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>

namespace tripool {

namespace {

using kind = source_answer::kind;

std::string libpq_option(const pool_options& p, std::string_view name) {
  for (const auto& [key, value] : p.target.options)
    if (key == name) return value;
  return {};
}

/// Makes the sources of one kind that these settings name.
void add_sources(const std::string& word, const pool_options& p, const secret_store& given,
                 std::vector<source_ptr>& to) {
  const auto& how = p.credentials;
  if (word == "application") {
    to.insert(to.end(), given.sources().begin(), given.sources().end());
  } else if (word == "password-file" && !how.password_file.empty()) {
    to.push_back(make_password_file_source(how.password_file));
  } else if (word == "secret-directory" && !how.secret_directory.empty()) {
    to.push_back(make_secret_directory_source(how.secret_directory, how.secret_name));
  } else if (word == "systemd" && !how.systemd_credential.empty()) {
    to.push_back(make_systemd_source(how.systemd_credential));
  } else if (word == "command" && !how.command.empty()) {
    to.push_back(make_command_source(how));
  } else if (word == "configuration") {
    if (auto literal = given.find(p.name); !literal.empty()) to.push_back(make_literal_source(std::move(literal)));
  } else if (word == "environment") {
    to.push_back(make_environment_source(how.password_variable));
  } else if (word == "passfile") {
    to.push_back(make_passfile_source(how.passfile));
  }
}

void add_problem(std::string& to, const std::string& what) {
  if (what.empty()) return;
  to += to.empty() ? what : "; " + what;
}

/// Asks one source; what escapes from an application's is a failure.
source_answer ask(credential_source& x, const credential_subject& whom) {
  try {
    return x.fetch(whom);
  } catch (...) {
    return source_answer::failure(x.name() + ": it threw an exception");
  }
}

} // namespace

source_chain::source_chain(const std::vector<const pool_options*>& pools, const secret_store& given) {
  const auto& first = *pools.front();
  const auto& to = first.target;
  whom_ = {first.name, to.host.empty() ? to.address : to.host, to.port, to.dbname, to.user};
  for (const auto& word : credential_order(first.credentials)) add_sources(word, first, given, sources_);
  passphrase_file_ = first.credentials.key_passphrase_file;
  for (const auto* p : pools) {
    client_certificate x{libpq_option(*p, "sslcert"), libpq_option(*p, "sslkey"), !passphrase_file_.empty()};
    const bool known = std::find(certificates_.begin(), certificates_.end(), x) != certificates_.end();
    if (!(x.certificate.empty() && x.key.empty()) && !known) certificates_.push_back(std::move(x));
  }
}

std::string source_chain::names() const {
  std::string out;
  for (const auto& s : sources_) out += (out.empty() ? "" : ", ") + s->name();
  return out;
}

fetch_result source_chain::fetch() const noexcept {
  try {
    return ask_all();
  } catch (...) {
    return {kind::failed, {}, {}, source_pace::cheap, false, {}};
  }
}

fetch_result source_chain::ask_all() const {
  fetch_result out;
  bool any_failed = false;
  for (const auto& s : sources_) {
    out.costly = out.costly || s->pace() == source_pace::costly;
    auto x = ask(*s, whom_);
    add_problem(out.problem, x.problem);
    any_failed = any_failed || x.what == kind::failed;
    if (x.what != kind::found) continue;
    out.what = kind::found;
    out.found = std::move(x.found);
    out.source = s->name();
    out.pace = s->pace();
    break;
  }
  if (out.what != kind::found && any_failed) {
    out.what = kind::failed;
    return out;
  }
  if (auto wrong = complete(out.found); !wrong.empty()) {
    add_problem(out.problem, wrong);
    out.what = kind::failed;
    out.found = {};
    return out;
  }
  if (certificates_.empty() && passphrase_file_.empty()) return out;
  // A certificate is a credential with or without a password, and its files may change.
  out.what = kind::found;
  if (out.pace == source_pace::fixed) out.pace = source_pace::cheap;
  add_problem(out.source, certificates_.empty() ? "" : "client certificate " + certificates_.front().certificate);
  return out;
}

std::string source_chain::complete(credential_material& x) const {
  if (!passphrase_file_.empty()) {
    auto read = read_one_secret(AT_FDCWD, passphrase_file_);
    if (!read.problem.empty()) return "ssl-key-passphrase-file " + passphrase_file_ + ": " + read.problem;
    x.key_passphrase = std::move(read.content);
  }
  for (const auto& c : certificates_) {
    if (auto wrong = client_certificate_problem(c); !wrong.empty()) return wrong;
    x.certificate_mark += client_certificate_mark(c) + ' ';
  }
  return {};
}

} // namespace tripool
