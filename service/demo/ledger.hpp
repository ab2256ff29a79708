// The demonstration's books: what every caller asked and what it was answered, kept apart from Tripool, so that the
// account at the end rests on nothing that Tripool says of itself.
// Knows no actor and no server but a server's port. Written by the callers, read by display, audit and summary.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tripool::demo {

/// What a caller asks for.
enum class request_kind : std::uint8_t {
  read,  ///< One order that was there before.
  write, ///< One new order.
  batch, ///< One new order with its line and the article's sales, as one transaction.
};

/// A request on its way: kept by its caller, given back with the answer.
struct ticket {
  request_kind kind = request_kind::read;
  std::int64_t key = 0; ///< The order that is stored under it; 0 for a read.
  time_point sent{};
  time_point deadline{};
};

/// One request that was to store rows.
struct stored_request {
  std::int64_t key = 0;
  request_kind kind = request_kind::write;
  std::optional<outcome> end; ///< Nothing: never answered.
};

/// A stretch of time in which something did not happen.
struct gap {
  time_point from{};
  duration length{0};
};

/// The sums of the books at one moment.
struct account {
  std::array<std::uint64_t, 3> sent{};  ///< By kind.
  std::array<std::uint64_t, 4> ended{}; ///< By outcome.
  std::uint64_t late = 0;               ///< Answered later than the tolerance after the deadline.
  std::uint64_t wrong_reads = 0;        ///< Answered with other rows than were stored.
  duration slowest_read{0};
  duration slowest_write{0};
  gap without_read;                                ///< The longest time without an answered read.
  gap without_write;                               ///< The longest time without an acknowledged write or batch.
  std::optional<time_point> read_elsewhere;        ///< The first read that another server answered after the crash.
  std::optional<time_point> write_after_promotion; ///< The first write acknowledged after the order to promote.
  std::map<std::uint16_t, std::uint64_t> reads_by_port;
  /// Why requests were not done: outcome, cause and SQLSTATE; how many, and what the first of them was told.
  struct reason {
    std::uint64_t count = 0;
    std::string first;
  };
  std::map<std::string, reason> reasons;

  std::uint64_t sent_in_all() const noexcept { return sent[0] + sent[1] + sent[2]; }
  std::uint64_t ended_in_all() const noexcept { return ended[0] + ended[1] + ended[2] + ended[3]; }
  std::uint64_t ended_as(outcome x) const noexcept { return ended[static_cast<std::size_t>(x)]; }
};

/// An answer may come so much after its deadline and still count as in time.
inline constexpr duration lateness_max = std::chrono::milliseconds{500};

/// Keys of stored requests are consecutive and begin here; below are the orders that were there before.
inline constexpr std::int64_t first_key = 1'000'000;

/// The books. All functions may be called from any thread.
class ledger {
public:
  explicit ledger(time_point start);

  /// A caller is about to send a request.
  ticket begin(request_kind kind, duration timeout, time_point now);
  /// A read was answered by the server at `port`, with the right rows or with wrong ones.
  void read_done(const ticket& of, std::uint16_t port, bool right, time_point now);
  /// A write or a batch was acknowledged.
  void write_done(const ticket& of, time_point now);
  void failed(const ticket& of, const failure& why, time_point now);

  /// The server at this port is killed now.
  void crashed(std::uint16_t port);
  /// A standby is ordered to become the primary now.
  void promoted();
  /// The callers have ended: what follows is no gap.
  void close(time_point now);

  account sums() const;
  /// All requests that were to store rows, in the order of their keys.
  std::vector<stored_request> stored() const;

private:
  /// Finds the longest time between two events.
  struct gap_finder {
    time_point last{};
    gap longest;
    void seen(time_point now);
  };

  void ended(const ticket& of, outcome how, time_point now);

  mutable std::mutex mutex_;
  account sums_;
  gap_finder reads_;
  gap_finder writes_;
  std::vector<stored_request> stored_;
  std::optional<std::uint16_t> crashed_port_;
  bool promoted_ = false;
};

} // namespace tripool::demo
