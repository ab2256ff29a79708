// A name server on 127.0.0.1:53 of a private network, which knows every name below chaos.test as 127.0.0.1 - or lies,
// is slow, or says nothing. UDP only, IPv4 addresses only.
// Knows no scenario. Used by the scenarios of names.
#pragma once

#include "service/cluster/descriptor.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <thread>

namespace tripool::chaos {

/// What the server does with a question.
enum class naming : std::uint8_t {
  right,
  slow,    ///< The right answer, after 3 s.
  silent,  ///< None.
  unknown, ///< NXDOMAIN.
  failing, ///< SERVFAIL.
  wrong,   ///< An address where nobody listens.
  garbage, ///< Bytes that are no answer.
};

/// The server. `set` may be called from any thread.
class name_server {
public:
  /// Throws `stage_error` when the port is not to be had.
  name_server();
  ~name_server();
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;

  void set(naming x) noexcept { how_ = x; }
  std::uint64_t asked() const noexcept { return asked_; }

private:
  using clock = std::chrono::steady_clock;
  struct answer {
    std::string bytes;
    sockaddr_in to;
    clock::time_point due;
  };

  void run();
  void take_in();
  void send_due();

  cluster::descriptor socket_;
  std::atomic<naming> how_{naming::right};
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<bool> ending_{false};
  std::deque<answer> late_; ///< In the order in which they are due.
  std::thread thread_;
};

/// The bytes of the answer to a question, or nothing when it is none or is to stay without.
std::optional<std::string> answer_to(const std::string& question, naming how);

} // namespace tripool::chaos
