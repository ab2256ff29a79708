// Listening for other nodes.
#include "service/commands/listen.hpp"

#include <cstdio>

#include <sys/resource.h>

namespace tripool::service {

namespace {

/// A caller costs three descriptors: as many as the system lets this process have.
void allow_many_descriptors() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace

std::optional<listen_options> listening_or_complain(const listen_arguments& x, caf::actor_system_config& cfg) {
  auto how = read_listen_address(x.address);
  auto wrong = how ? configure_remote(cfg, {x.certificate, x.key, x.authority}) : how.error();
  if (!wrong.empty()) {
    std::fprintf(stderr, "tripool: %s\n", wrong.c_str());
    return std::nullopt;
  }
  how->tls = !x.certificate.empty();
  how->insecure_plaintext_beyond_loopback = x.insecure_plaintext;
  how->version = TRIPOOL_VERSION;
  return *how;
}

bool publish_or_complain(caf::actor_system& sys, instance& db, const listen_options& how, spdlog::logger& log) {
  allow_many_descriptors();
  const auto out = publish_delegate(sys, db, how);
  if (!out) {
    std::fprintf(stderr, "tripool: %s\n", out.error().c_str());
    return false;
  }
  if (!how.tls && !is_loopback(how.host))
    log.critical("INSECURE: callers at {}:{} are not asked who they are, and everything passes in plain text", how.host,
                 out->port);
  log.info("listening for other nodes at {}:{}{}", how.host, out->port, how.tls ? " with mutual TLS" : "");
  return true;
}

} // namespace tripool::service
