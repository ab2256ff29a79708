// The endpoint's connections, all in the hands of one thread that waits for none of them: it takes in whole requests,
// has each answered on another thread, and sends the answers off. So who sends or reads slowly costs a place and some
// bytes, never a thread. One request a connection, each bounded in bytes and time; when there are too many connections,
// who was there longest gives way. Knows HTTP only as far as request_extent does. Used by bounded_server.
#pragma once

#include "service/http/server_threads.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tripool::service {

/// What connections may cost.
struct connection_bounds {
  std::size_t connections_max = 256;
  std::size_t held_bytes_max = 32 * 1024 * 1024;   ///< Requests that have not come yet and answers that have not gone.
  std::size_t request_bytes_max = 128 * 1024;      ///< Line, headers and body.
  std::size_t body_bytes_max = 64 * 1024;          ///< A longer one is not waited for.
  std::size_t farewell_bytes_max = 256 * 1024;     ///< Taken in after the answer, which closing would take away else.
  std::chrono::milliseconds request_limit{10'000}; ///< For the whole request, however its bytes are spread.
  std::chrono::milliseconds answer_limit{20'000};  ///< For the other end to take the whole answer.
  std::chrono::milliseconds farewell_limit{500};   ///< For the other end to close, when the answer is out.
};

/// The connections. The destructor lets the answers that are being made go out as far as they go at once.
class connections {
public:
  /// Makes the answer to a request, which may be cut short where the other end did so. Must not throw. Called on
  /// several threads.
  using answer_function = std::function<std::string(std::string request)>;

  connections(const connection_bounds& bounds, answer_function answer);
  ~connections();
  connections(const connections&) = delete;
  connections& operator=(const connections&) = delete;

  /// Owns the socket from now on. Thread-safe. Waits while many others have not been looked at yet.
  void take(int socket);

private:
  using steady = std::chrono::steady_clock;

  enum class stage { receiving, answering, sending, leaving };
  struct connection {
    int socket = -1;
    stage now = stage::receiving;
    steady::time_point until{}; ///< It is closed then, unless it is being answered.
    std::string bytes;          ///< The request so far, or the answer.
    std::size_t done = 0;       ///< Bytes searched, sent or thrown away.
    std::size_t whole = 0;      ///< Of the request, when that is known.
  };
  using place = std::map<std::uint64_t, connection>::iterator; ///< By age: the oldest first.

  void run();
  bool take_in();
  void shed();
  void wait();
  void look_after(place x, short events);
  void receive(place x);
  void hand_over(place x);
  void send(place x);
  void throw_away(place x);
  void close(place x);
  void wake() const;

  const connection_bounds bounds_;
  const answer_function answer_;
  int wake_ = -1;

  std::mutex mutex_; ///< Of the next four.
  std::condition_variable room_;
  std::vector<int> fresh_;
  std::vector<std::pair<std::uint64_t, std::string>> answers_;
  bool end_ = false;

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, connection> all_;
  std::size_t held_ = 0; ///< Bytes of all.
  server_threads threads_;
  std::thread thread_;
};

} // namespace tripool::service
