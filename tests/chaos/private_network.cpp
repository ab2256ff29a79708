// Namespaces, by system calls; the rules of nftables, by its own program.
// Used through private_network.hpp only.
#include "tests/chaos/private_network.hpp"

#include "service/cluster/descriptor.hpp"
#include "service/cluster/process.hpp"
#include "tests/chaos/stage.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <net/if.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tripool::chaos {

namespace {

constexpr const char* table = "inet tripool_chaos";
constexpr std::string_view resolv_conf = "nameserver 127.0.0.1\n";

std::string obstacle = "no private network was asked for";

std::string failed(const char* what) {
  return std::string{what} + " failed: " + std::strerror(errno);
}

bool raise_loopback() {
  const cluster::descriptor fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq x{};
  std::strcpy(x.ifr_name, "lo");
  if (::ioctl(fd.get(), SIOCGIFFLAGS, &x) != 0) return false;
  x.ifr_flags = static_cast<short>(x.ifr_flags | IFF_UP);
  return ::ioctl(fd.get(), SIOCSIFFLAGS, &x) == 0;
}

/// Lays a resolv.conf of our own over the system's, for this process and its children.
bool name_own_server() {
  std::array<char, 32> path{"/tmp/tripool-chaos-dns-XXXXXX"};
  const cluster::descriptor fd{::mkstemp(path.data())};
  if (!fd) return false;
  const bool ok =
    ::fchmod(fd.get(), 0644) == 0
    && ::write(fd.get(), resolv_conf.data(), resolv_conf.size()) == static_cast<ssize_t>(resolv_conf.size())
    && ::mount(path.data(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0;
  ::unlink(path.data());
  return ok;
}

std::string enter() {
  if (::geteuid() != 0) return "a network namespace needs root";
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return failed("a network namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("a mount namespace");
  if (!raise_loopback()) return failed("raising the loopback interface");
  if (!name_own_server()) return failed("a resolv.conf of its own");
  return {};
}

cluster::result<std::string> nft(const std::string& rules) {
  cluster::command x;
  x.arguments = {"/usr/sbin/nft", "-f", "-"};
  x.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  return cluster::run_checked(x, 5s, "nft", rules);
}

} // namespace

void enter_private_network() {
  obstacle = enter();
}

const std::string& why_no_private_network() {
  return obstacle;
}

std::string why_no_packet_filter() {
  if (!obstacle.empty()) return obstacle;
  const auto tried = nft("add table inet tripool_try\ndelete table inet tripool_try\n");
  return tried ? std::string{} : cluster::to_string(tried.error());
}

packet_filter::~packet_filter() {
  if (in_use_) (void)nft(std::string{"delete table "} + table + "\n");
}

void packet_filter::use(const std::string& to_server, const std::string& from_server) {
  mend();
  const auto port = std::to_string(port_);
  std::string rules = std::string{"table "} + table + " {\n chain in {\n  type filter hook input priority 0;\n";
  rules += "  tcp dport " + port + " " + to_server + " drop\n";
  if (!from_server.empty()) rules += "  tcp sport " + port + " " + from_server + " drop\n";
  must(nft(rules + " }\n}\n"));
  in_use_ = true;
}

void packet_filter::drop_all() {
  use("counter", "counter");
}

void packet_filter::drop_new() {
  use("tcp flags & (syn|ack) == syn", {});
}

void packet_filter::drop_some(unsigned percent) {
  const auto chance = "numgen random mod 100 < " + std::to_string(percent);
  use(chance, chance);
}

void packet_filter::mend() {
  if (!std::exchange(in_use_, false)) return;
  must(nft(std::string{"delete table "} + table + "\n"));
}

} // namespace tripool::chaos
