// Tries random ports by binding them, with SO_REUSEADDR as PostgreSQL does, so that both come to the same verdict.
#include "service/cluster/ports.hpp"

#include "service/cluster/descriptor.hpp"
#include "service/cluster/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>

namespace tripool::cluster {

namespace {

constexpr int lowest_port = 15000;
constexpr int attempts_max = 2000;

/// Returns the first port that outgoing connections may get.
int outgoing_ports_begin() {
  const std::string range = read_file("/proc/sys/net/ipv4/ip_local_port_range");
  const int begin = std::atoi(range.c_str());
  return begin > 0 ? begin : 32768;
}

bool is_free(std::uint16_t port) {
  const descriptor probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return probe && ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
         && ::listen(probe.get(), 1) == 0;
}

} // namespace

result<std::vector<std::uint16_t>> find_free_ports(std::size_t count) {
  int end = outgoing_ports_begin();
  if (end < lowest_port + 1000) end = 65536; // An unusual range: any port is as good as another.
  std::random_device seed;
  std::minstd_rand noise{seed()};
  std::uniform_int_distribution<int> pick{lowest_port, end - 1};
  std::vector<std::uint16_t> ports;
  for (int attempt = 0; attempt < attempts_max && ports.size() < count; ++attempt) {
    const auto port = static_cast<std::uint16_t>(pick(noise));
    if (std::find(ports.begin(), ports.end(), port) == ports.end() && is_free(port)) ports.push_back(port);
  }
  if (ports.size() < count) return problem{"There are not enough free TCP ports on 127.0.0.1.", {}};
  return ports;
}

} // namespace tripool::cluster
