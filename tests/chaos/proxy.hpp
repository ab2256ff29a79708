// A TCP proxy between Tripool and one server that breaks what it carries: it delays, holds, cuts, resets, refuses, or
// lets the kernel drop packets. Only ever on 127.0.0.1, and without privileges: packets are dropped by a filter on the
// proxy's own sockets, so that they are lost before TCP acknowledges them, as in a network.
// Knows of PostgreSQL no more than the end of a session's start. Used by the stage of the scenarios.
#pragma once

#include "service/cluster/descriptor.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace tripool::chaos {

/// What is wrong with the network for as long as it is set. The default is a network in order.
struct faults {
  bool refuse = false;                ///< Nobody listens, and all links are reset.
  bool silent = false;                ///< Accepts, and never answers.
  bool hold_requests = false;         ///< What the client sends is acknowledged and goes no further.
  bool hold_replies = false;          ///< What the server sends goes no further.
  bool drop_syn = false;              ///< Packets that would open a link are lost; links live on.
  unsigned loss_percent = 0;          ///< Packets lost at random on links and for new ones; 100: nothing gets through.
  std::chrono::milliseconds delay{0}; ///< In each direction.
  std::size_t slice = 0;              ///< Bytes forwarded at a time, one slice a round of the proxy; 0: all.
};

/// What happens once to each established link, at its next message.
enum class ambush : std::uint8_t {
  none,
  lose_reply,   ///< The request is served, its reply is swallowed, the link is reset.
  lose_request, ///< The request is swallowed, the link is reset.
  cut_reply,    ///< The link is closed after some bytes of the reply.
  cut_commit,   ///< The link is reset after some bytes of the answer to COMMIT.
};

/// The proxy. Functions may be called from any thread. Its thread and all links end with it.
class fault_proxy {
public:
  fault_proxy(std::uint16_t server_port, std::uint64_t seed);
  ~fault_proxy();
  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  /// Where Tripool finds the server. 0: the proxy could not be made.
  std::uint16_t port() const noexcept { return port_; }

  /// Takes effect within a few milliseconds.
  void set(const faults& x);
  void mend() { set({}); }
  /// Resets every link once.
  void reset_all();
  /// Lays an ambush for each link that is established now or later, once a link; `bytes` for the two that cut.
  void lay(ambush what, std::size_t bytes = 0);

  std::uint64_t accepted() const noexcept { return accepted_; }
  /// Sockets of its links, to the client and to the server.
  std::size_t sockets() const noexcept { return sockets_; }
  /// Links that fell into an ambush.
  std::uint64_t caught() const noexcept { return caught_; }

private:
  using clock = std::chrono::steady_clock;

  struct chunk {
    std::string bytes;
    clock::time_point due;
  };
  struct link {
    cluster::descriptor client;
    cluster::descriptor server;
    std::deque<chunk> up;   ///< Towards the server.
    std::deque<chunk> down; ///< Towards the client.
    std::string tail;       ///< The last bytes of the server, to recognise the end of the start by.
    bool established = false;
    bool over = false;
    bool graceful = false; ///< Ends with FIN, not RST.
    std::uint64_t ambushed = 0;
    ambush caught = ambush::none;
    std::size_t left = 0; ///< Bytes until the cut.
    clock::time_point end_at = clock::time_point::max();
  };

  void run();
  void listen();
  void apply();
  void accept_one();
  void pump(link& x, short client_events, short server_events);
  void take_in(link& x, bool from_client);
  void spring(link& x, bool from_client, std::string& bytes);
  void send_out(link& x, bool to_client);
  void filter(int fd, unsigned loss_percent) const;
  void close(link& x) const;

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  cluster::descriptor listener_;
  cluster::descriptor wake_;
  std::mutex mutex_;
  faults wanted_;
  faults now_;
  ambush laid_ = ambush::none;
  std::size_t laid_bytes_ = 0;
  std::uint64_t laid_serial_ = 0;
  bool reset_ = false;
  bool changed_ = false;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::size_t> sockets_{0};
  std::atomic<std::uint64_t> caught_{0};
  std::list<link> links_;
  std::minstd_rand noise_;
  std::thread thread_;
};

} // namespace tripool::chaos
