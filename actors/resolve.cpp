// The system's resolver.
#include "tripool/actors/resolve.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>

namespace tripool {

bool needs_resolving(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return false;
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return inet_pton(AF_INET, host.c_str(), buffer.data()) != 1 && inet_pton(AF_INET6, host.c_str(), buffer.data()) != 1;
}

resolved_msg resolve_blocking(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int rc = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (rc != 0) return {{}, "cannot resolve host name " + host + ": " + gai_strerror(rc)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard{found, &freeaddrinfo};
  std::array<char, NI_MAXHOST> text{};
  const int named =
    getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  if (named != 0) return {{}, "cannot read the address of " + host + ": " + gai_strerror(named)};
  return {text.data(), {}};
}

} // namespace tripool
