// One thread, one poll: the listener, the two ends of each link, and an eventfd that wakes it when faults change.
// While anything is delayed it looks every millisecond; a proxy that breaks things need not be fast.
// Used through proxy.hpp only.
#include "tests/chaos/proxy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace tripool::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t held_max = 1u << 20; ///< Bytes on their way in one direction of a link.
constexpr std::string_view ready{"Z\0\0\0\5", 5};
constexpr std::string_view commit_tag{"C\0\0\0\x0b"
                                      "COMMIT",
                                      11};
constexpr auto swallow_for = 20ms; ///< How long a doomed link still takes bytes.

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

void make_quick(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

} // namespace

fault_proxy::fault_proxy(std::uint16_t server_port, std::uint64_t seed)
  : server_port_(server_port),
    wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    noise_(static_cast<std::minstd_rand::result_type>(seed)) {
  listen();
  thread_ = std::thread{[this] { run(); }};
}

fault_proxy::~fault_proxy() {
  ending_ = true;
  reset_all();
  thread_.join();
}

void fault_proxy::set(const faults& x) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    wanted_ = x;
    changed_ = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void fault_proxy::reset_all() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    reset_ = true;
    changed_ = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void fault_proxy::lay(ambush what, std::size_t bytes) {
  std::lock_guard<std::mutex> guard{mutex_};
  laid_ = what;
  laid_bytes_ = bytes;
  ++laid_serial_;
}

/// Always on the same port, once it has one.
void fault_proxy::listen() {
  cluster::descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd.get(), 128) != 0) return;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  listener_ = std::move(fd);
}

/// Loses packets that come in at this socket; 0 takes the filter away.
void fault_proxy::filter(int fd, unsigned loss_percent) const {
  const int nothing = 0;
  if (loss_percent == 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof nothing);
    return;
  }
  const auto bound = static_cast<std::uint32_t>(0xffffffffull * loss_percent / 100);
  sock_filter program[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)},
    {BPF_JMP | BPF_JGT | BPF_K, 0, 1, bound},
    {BPF_RET | BPF_K, 0, 0, 0x7fffffff},
    {BPF_RET | BPF_K, 0, 0, 0},
  };
  const sock_fprog all{4, program};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all);
}

/// Makes the network as it is wanted.
void fault_proxy::apply() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!std::exchange(changed_, false)) return;
  now_ = wanted_;
  if (std::exchange(reset_, false) || now_.refuse)
    for (auto& x : links_) x.over = true;
  if (now_.refuse)
    listener_.reset();
  else if (!listener_)
    listen();
  if (listener_) filter(listener_.get(), now_.drop_syn ? 100 : now_.loss_percent);
  for (auto& x : links_) {
    if (x.client) filter(x.client.get(), now_.loss_percent);
    if (x.server) filter(x.server.get(), now_.loss_percent);
  }
}

void fault_proxy::accept_one() {
  link x;
  x.client.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!x.client) return;
  ++accepted_;
  make_quick(x.client.get());
  filter(x.client.get(), now_.loss_percent);
  if (!now_.silent) {
    x.server.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(server_port_);
    if (::connect(x.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(x);
      return;
    }
    make_quick(x.server.get());
    filter(x.server.get(), now_.loss_percent);
  }
  links_.push_back(std::move(x));
}

/// With a reset, unless the link is to end in order.
void fault_proxy::close(link& x) const {
  const linger hard{1, 0};
  for (auto* fd : {&x.client, &x.server}) {
    if (!*fd) continue;
    if (!x.graceful) ::setsockopt(fd->get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd->reset();
  }
}

/// Lets an ambush take its bytes.
void fault_proxy::spring(link& x, bool from_client, std::string& bytes) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (x.caught == ambush::none && x.established && laid_ != ambush::none && x.ambushed != laid_serial_) {
    const auto tag = from_client ? std::string::npos : bytes.find(commit_tag);
    const bool here = laid_ == ambush::cut_commit ? tag != std::string::npos : from_client;
    if (!here) return;
    x.ambushed = laid_serial_;
    x.caught = laid_;
    x.left = laid_bytes_ + (tag == std::string::npos ? 0 : tag);
    ++caught_;
    if (laid_ == ambush::lose_reply || laid_ == ambush::lose_request) x.end_at = clock::now() + swallow_for;
  }
  switch (x.caught) {
    case ambush::none: return;
    case ambush::lose_reply:
      if (!from_client) bytes.clear();
      return;
    case ambush::lose_request: bytes.clear(); return;
    case ambush::cut_reply:
    case ambush::cut_commit:
      if (from_client) return;
      if (bytes.size() >= x.left) {
        bytes.resize(x.left);
        x.graceful = x.caught == ambush::cut_reply;
        x.end_at = clock::now() + 2ms;
      }
      x.left -= bytes.size();
      return;
  }
}

void fault_proxy::take_in(link& x, bool from_client) {
  auto& queue = from_client ? x.up : x.down;
  std::size_t held = 0;
  for (const auto& c : queue) held += c.bytes.size();
  if (held >= held_max) return;
  std::string bytes(64u << 10, '\0');
  const auto n = ::recv(from_client ? x.client.get() : x.server.get(), bytes.data(), bytes.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    x.graceful = n == 0;
    x.end_at = std::min(x.end_at, clock::now() + now_.delay); // What is on its way arrives first.
    (from_client ? x.client : x.server).reset();
    return;
  }
  bytes.resize(static_cast<std::size_t>(n));
  if (!from_client && !x.established) {
    x.tail += bytes;
    x.established = x.tail.find(ready) != std::string::npos;
    if (x.tail.size() > 64u << 10) x.tail.erase(0, x.tail.size() - ready.size());
  } else {
    spring(x, from_client, bytes);
  }
  if (!bytes.empty()) queue.push_back({std::move(bytes), clock::now() + now_.delay});
}

void fault_proxy::send_out(link& x, bool to_client) {
  auto& queue = to_client ? x.down : x.up;
  const int fd = to_client ? x.client.get() : x.server.get();
  if (fd < 0 || (to_client ? now_.hold_replies : now_.hold_requests)) return;
  while (!queue.empty() && queue.front().due <= clock::now()) {
    auto& bytes = queue.front().bytes;
    const auto n =
      ::send(fd, bytes.data(), now_.slice > 0 ? std::min(now_.slice, bytes.size()) : bytes.size(), MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) x.over = true;
      return;
    }
    bytes.erase(0, static_cast<std::size_t>(n));
    if (bytes.empty()) queue.pop_front();
    if (now_.slice > 0) return;
  }
}

void fault_proxy::pump(link& x, short client_events, short server_events) {
  if (client_events != 0 && x.client) take_in(x, true);
  if (server_events != 0 && x.server) take_in(x, false);
  send_out(x, true);
  send_out(x, false);
  if (clock::now() >= x.end_at) x.over = true;
}

void fault_proxy::run() {
  std::vector<pollfd> fds;
  while (!ending_) {
    fds.assign({{wake_.get(), POLLIN, 0}, {listener_ ? listener_.get() : -1, POLLIN, 0}});
    bool waits = false;
    for (const auto& x : links_) {
      fds.push_back({x.client ? x.client.get() : -1, POLLIN, 0});
      fds.push_back({x.server ? x.server.get() : -1, POLLIN, 0});
      waits = waits || !x.up.empty() || !x.down.empty() || x.end_at != clock::time_point::max();
    }
    ::poll(fds.data(), fds.size(), waits ? 1 : 1000);
    std::uint64_t ignored = 0;
    (void)!::read(wake_.get(), &ignored, sizeof ignored);
    std::size_t at = 2;
    for (auto& x : links_) {
      pump(x, fds[at].revents, fds[at + 1].revents);
      at += 2;
    }
    apply();
    if (listener_ && fds[1].revents != 0) accept_one();
    for (auto i = links_.begin(); i != links_.end();) {
      if (i->over) close(*i);
      i = i->over ? links_.erase(i) : std::next(i);
    }
    std::size_t n = 0;
    for (const auto& x : links_) n += (x.client ? 1U : 0U) + (x.server ? 1U : 0U);
    sockets_ = n;
  }
  for (auto& x : links_) close(x);
}

} // namespace tripool::chaos
