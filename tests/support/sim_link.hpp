// The network between one simulated session and its backend: what is under way both ways, and a test's hand on it (hold
// answers back, release some, block writing, cut).
// Knows nothing of SQL. Used by the simulated session, the simulated backend and tests.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// One operation on its way to the server.
struct sim_message {
  enum class kind : std::uint8_t { prepare, execute_prepared, execute, close, sync, copy, copy_data, copy_end };
  kind what = kind::sync;
  std::string name;
  std::string text;
  std::vector<parameter> parameters;
  std::optional<std::string> refusal; ///< For `copy_end`: why the client wants it to fail.
};

/// One thing on its way to the client.
struct sim_reply {
  enum class kind : std::uint8_t { result, notice, parameter, notification, loss, copy_start, copy_data };
  kind what = kind::result;
  wire_result result;
  server_message notice;
  session_loss loss;
  std::string name; ///< Of a parameter or channel.
  std::string value;
  copy_start copy;
  std::int32_t pid = 0; ///< Of a notification: whose.
};

/// The link. Not thread-safe.
class sim_link {
public:
  explicit sim_link(std::function<void()> wake) : wake_(std::move(wake)) {}

  // -- a test's hand ------------------------------------------------------------------------------------------------
  /// Holds back what the server answers from now on; what has arrived stays undelivered, too.
  void hold() noexcept { allowed_ = 0; }
  /// Lets `n` more results through, with the notices before them.
  void release(std::size_t n);
  /// Ends holding back.
  void release_all() { release(unlimited); }
  /// What the client writes stays in its buffer: `flush` returns false.
  void block_writes(bool x);
  /// What the client writes from now on is lost on its way, and nobody says so.
  void lose_writes() noexcept { losing_ = true; }
  /// The client's end breaks: what is under way to it is lost, and it learns of it. What has reached the server runs.
  void cut(std::string why = "connection reset by peer");
  /// The client's library takes `n` more operations, then breaks as by `cut`.
  void refuse_sends_after(std::size_t n) noexcept { takes_ = n; }
  void set_incoming_bytes(std::size_t x) noexcept { incoming_ = x; }
  std::size_t undelivered() const noexcept { return replies_.size(); }
  std::size_t unwritten() const noexcept { return outgoing_.size(); }

  // -- the client's end ---------------------------------------------------------------------------------------------
  bool send(sim_message x);
  /// Moves what was sent to the server's end; false while writing is blocked.
  bool flush();
  /// Whether the next reply is data of a COPY.
  bool copy_data_next() const noexcept {
    return !replies_.empty() && replies_.front().what == sim_reply::kind::copy_data;
  }
  /// The next reply that may be delivered.
  std::optional<sim_reply> next();
  std::size_t incoming_bytes() const noexcept { return incoming_; }
  /// The client has closed: nothing is delivered or woken any more.
  void close();

  // -- the server's end ---------------------------------------------------------------------------------------------
  std::deque<sim_message>& arrived() noexcept { return arrived_; }
  /// No more will arrive once `arrived` is empty.
  bool ended() const noexcept { return cut_ || closed_; }
  void reply(sim_reply x);
  void wake();

private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  std::function<void()> wake_;
  std::deque<sim_message> outgoing_;
  std::deque<sim_message> arrived_;
  std::deque<sim_reply> replies_;
  std::size_t allowed_ = unlimited;
  std::size_t incoming_ = 0;
  std::size_t takes_ = unlimited;
  bool blocked_ = false;
  bool losing_ = false;
  bool cut_ = false;
  bool closed_ = false;
};

} // namespace tripool::test
