// Addresses, files, and the middleman.
#include "tripool/actors/remote/publish.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/openssl/publish.hpp>
#include <caf/send.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <unistd.h>

namespace tripool {

namespace {

/// The address as bytes, IPv4 as its last four; nothing: it is none.
struct address_bytes {
  std::array<unsigned char, 16> at{};
  int family = 0;
};

address_bytes read_address(std::string_view text) noexcept {
  address_bytes out;
  std::array<char, 64> buffer{};
  if (text.size() >= buffer.size()) return out;
  std::memcpy(buffer.data(), text.data(), text.size());
  if (inet_pton(AF_INET, buffer.data(), out.at.data()) == 1)
    out.family = AF_INET;
  else if (inet_pton(AF_INET6, buffer.data(), out.at.data()) == 1)
    out.family = AF_INET6;
  return out;
}

} // namespace

bool is_loopback(std::string_view address) noexcept {
  const auto x = read_address(address);
  if (x.family == AF_INET) return x.at[0] == 127;
  if (x.family != AF_INET6) return false;
  std::array<unsigned char, 16> one{};
  one[15] = 1;
  return x.at == one;
}

expected<listen_options, std::string> read_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&](const std::string& why) {
    return unexpected{"--listen " + std::string{text} + ": " + why
                      + "; write ADDRESS:PORT, for example 127.0.0.1:4711"};
  };
  if (colon == std::string_view::npos) return wrong("there is no port");
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  listen_options out;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return wrong("the port is no number up to 65535");
  if (read_address(host).family == 0) return wrong("the host is no address (names are not looked up here)");
  out.host = host;
  return out;
}

std::string configure_remote(caf::actor_system_config& cfg, const remote_tls_files& files) {
  cfg.load<caf::io::middleman>();
  add_remote_types(cfg);
  if (files.empty()) return {};
  for (const auto& [what, path] : {std::pair{"certificate", &files.certificate}, std::pair{"key", &files.key},
                                   std::pair{"certificate authority", &files.authority}}) {
    if (path->empty())
      return std::string{"TLS needs a certificate, a key and an authority: the "} + what + " is missing";
    if (::access(path->c_str(), R_OK) != 0)
      return std::string{"the "} + what + " " + *path + " cannot be read: " + std::strerror(errno);
  }
  cfg.openssl_certificate = files.certificate;
  cfg.openssl_key = files.key;
  cfg.openssl_cafile = files.authority;
  cfg.load<caf::openssl::manager>();
  return {};
}

expected<published_gate, std::string> publish_delegate(caf::actor_system& sys, instance& db,
                                                       const listen_options& how) {
  if (!sys.has_middleman()) return unexpected{std::string{"CAF's middleman is not loaded: see configure_remote"}};
  if (how.tls && (!sys.has_openssl_manager() || !sys.openssl_manager().authentication_enabled()))
    return unexpected{std::string{"TLS needs a certificate, a key and an authority: see configure_remote"}};
  if (!how.tls && !is_loopback(how.host) && !how.insecure_plaintext_beyond_loopback)
    return unexpected{"listening on " + how.host
                      + " without TLS would let anybody who reaches it read and write the database: give a "
                        "certificate, a key and an authority, or listen on a loopback address"};
  published_gate out;
  out.gate = db.spawn_on_loop<gate>(db.surroundings().log, db.delegate(), how.limits, how.version);
  const auto failed = [&](const caf::error& e) {
    caf::anon_send_exit(out.gate, caf::exit_reason::kill);
    return unexpected{"cannot listen on " + how.host + ":" + std::to_string(how.port) + ": " + sys.render(e)};
  };
  if (how.tls) {
    auto port = caf::openssl::publish(out.gate, how.port, how.host.c_str(), true);
    if (!port) return failed(port.error());
    out.port = *port;
    return out;
  }
  // The middleman itself is on loopback only, behind the guard.
  auto inner = sys.middleman().publish(out.gate, 0, "127.0.0.1");
  if (!inner) return failed(inner.error());
  auto front = spawn_front_guard(sys, how.host, how.port, out.gate, *inner, how.guard, db.surroundings().log);
  if (!front) return failed(front.error());
  out.guard = front->guard;
  out.port = front->port;
  return out;
}

} // namespace tripool
