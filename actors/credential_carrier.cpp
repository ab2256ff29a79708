// The credential carrier: sources and leases.
#include "tripool/actors/credential_carrier.hpp"

#include "tripool/actors/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tripool {

namespace {

constexpr std::size_t password_bytes_max = 4096;

struct read_outcome {
  secret text;
  std::string problem; ///< Empty: read.
};

/// Reads a password file through plain system calls, so that no stream's buffer keeps a copy.
read_outcome read_password_file(const std::string& path) {
  const auto problem = [&](const std::string& what) { return read_outcome{{}, "password-file " + path + ": " + what}; };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return problem(std::strerror(errno));
  std::string text(password_bytes_max + 1, '\0');
  std::size_t n = 0;
  ssize_t got = 0;
  while (n < text.size() && (got = read(fd, text.data() + n, text.size() - n)) > 0) n += static_cast<std::size_t>(got);
  const int error = errno;
  close(fd);
  text.resize(n);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::string complaint;
  if (got < 0) {
    complaint = std::strerror(error);
  } else if (n > password_bytes_max) {
    complaint = "is longer than " + std::to_string(password_bytes_max) + " bytes: is it the right file?";
  } else if (text.empty()) {
    complaint = "is empty";
  } else if (text.find('\0') != std::string::npos || text.find('\n') != std::string::npos) {
    complaint = "must hold one line of text";
  }
  if (complaint.empty()) return {secret{std::move(text)}, {}};
  wipe(text);
  return problem(complaint);
}

} // namespace

secret secret_store::find(const std::string& pool) const {
  const auto i = by_pool_.find(pool);
  return i == by_pool_.end() ? secret{} : i->second.duplicate();
}

credential_carrier::credential_carrier(caf::actor_config& cfg, environment_ptr env,
                                       std::shared_ptr<const secret_store> secrets)
  : caf::event_based_actor(cfg), env_(std::move(env)), secrets_(std::move(secrets)), salt_(env_->next_seed()) {
  for (const auto& p : env_->config.pools) {
    known k;
    k.status.pool = p.name;
    known_.push_back(std::move(k));
  }
}

caf::behavior credential_carrier::make_behavior() {
  set_error_handler([](caf::error&) {}); // What strangers send must not end it.
  set_default_handler(caf::drop);
  set_exception_handler([](std::exception_ptr& x) { return exception_error(x); });
  return {
    [this](const lease_credential& x) { return lend(x.pool); },
    [this](get_status) {
      carrier_status out;
      for (const auto& k : known_) out.credentials.push_back(k.status);
      return out;
    },
  };
}

caf::result<credential_lease> credential_carrier::lend(std::size_t pool) {
  const auto& limits = env_->config.pools.at(pool);
  auto& k = known_[pool];
  auto out = std::make_shared<credential>();
  if (!limits.credentials.password_file.empty()) {
    auto read = read_password_file(limits.credentials.password_file);
    if (!read.problem.empty()) {
      k.status.available = false;
      k.status.last_error = read.problem;
      env_->log->error("pool {}: {}", limits.name, read.problem);
      failure f;
      f.why = cause::connection_failed;
      f.pool = limits.name;
      f.message = read.problem;
      f.hint = "make the file readable for this process, with the password in its only line";
      return make_error(std::move(f));
    }
    out->password = std::move(read.text);
    out->source = "password-file " + limits.credentials.password_file;
  } else if (auto fixed = secrets_->find(limits.name); !fixed.empty()) {
    out->password = std::move(fixed);
    out->source = "configuration";
  } else if (const char* from_env = std::getenv("PGPASSWORD"); from_env && *from_env) {
    out->password = secret{std::string{from_env}};
    out->source = "environment PGPASSWORD";
  } else {
    out->source = limits.credentials.passfile.empty() ? "libpq's passfile, if there is one"
                                                      : "passfile " + limits.credentials.passfile;
  }
  out->has_password = !out->password.empty();
  const auto print = std::hash<std::string_view>{}(out->password.reveal()) ^ salt_;
  if (print != k.fingerprint || k.status.leases == 0) ++k.status.generation;
  k.fingerprint = print;
  out->generation = k.status.generation;
  ++k.status.leases;
  k.status.available = true;
  k.status.source = out->source;
  k.status.last_error.clear();
  return credential_lease{std::shared_ptr<const credential>{std::move(out)}};
}

} // namespace tripool
