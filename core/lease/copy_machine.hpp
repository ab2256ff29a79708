// One COPY on a borrowed session: what its consumer may do when, back-pressure both ways, and what every end proves.
//
//   starting --> flowing --end, fail, given up--> ending --result--> over
//      \____________\________ refused, lost ________________________/
//
// Data in: a piece is answered when it is written out. Data out: about `copy_buffer_max` is read ahead of the consumer,
// and then nothing until it asks. Knows the session port, no client library and no clock. Driven by copy_stream.
#pragma once

#include "tripool/core/codec/encoder.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// The largest piece of data that a consumer may send at a time.
inline constexpr std::size_t copy_piece_max = std::size_t{16} << 20U;
/// The most that may wait to be written; a consumer that waits for its answers never gets there.
inline constexpr std::size_t copy_waiting_max = std::size_t{64} << 20U;
/// What is read ahead of the consumer.
inline constexpr std::size_t copy_buffer_max = std::size_t{256} << 10U;
/// A consumer that sends or asks for nothing for longer loses its COPY.
inline constexpr duration copy_idle_max = std::chrono::minutes{5};

/// An answer to the consumer.
struct copy_answer {
  std::uint64_t ticket = 0;
  std::optional<failure> failed{};
  result done{}; ///< Of the end: its tag is "COPY n".
  bytes data{};
  bool last = false;
};

/// What the machine wants its actor to do; taken and emptied by `take_effects`.
struct copy_effects {
  std::vector<copy_answer> answers{};
  std::optional<copy_start> started{};
  std::optional<failure> refused{}; ///< It could not be started.
  bool cancel = false;
  std::optional<std::string> close{}; ///< Close the session at once.
};

/// The machine. Not thread-safe.
class copy_machine {
public:
  /// `text` passed `read_copy_text`. `reads`: it changes nothing, so that a lost one did not run.
  /// `start_by`: when it must
  /// have begun. `grace`: how long a COPY that is given up may take to end.
  copy_machine(std::string text, copy_direction direction, bool reads, time_point start_by, duration grace,
               time_point now);

  // -- the consumer; each is answered by its ticket -----------------------------------------------------------------
  void put(std::uint64_t ticket, bytes piece, time_point deadline, time_point now);
  void end(std::uint64_t ticket, time_point deadline, time_point now);
  void fail(std::uint64_t ticket, std::string reason, time_point deadline, time_point now);
  void next(std::uint64_t ticket, time_point deadline, time_point now);
  /// Nobody wants it any more: it ends without effect.
  void abandon(failure why, time_point now);

  // -- the session --------------------------------------------------------------------------------------------------
  /// Hands over what there is. `written`: nothing is left unwritten of what was handed over before.
  void pump(session& s, bool written, time_point now);
  void on_start(const copy_start& x);
  void on_data(session& s, std::span<const std::byte> piece);
  void on_notice(const server_message& x);
  void on_result(wire_result&& x);
  void on_lost(const session_loss& x);
  void tick(time_point now);
  std::optional<time_point> next_wake() const noexcept;

  /// There is something to hand over as soon as what is unwritten is written.
  bool wants_to_write() const noexcept;
  /// The consumer's data has room: go on reading.
  bool wants_to_read() const noexcept;
  bool is_over() const noexcept { return state_ == state::over; }
  char transaction_status() const noexcept { return status_; }
  copy_effects take_effects() { return std::exchange(effects_, {}); }

private:
  enum class state : std::uint8_t { starting, flowing, ending, over };
  struct asked {
    std::uint64_t ticket = 0;
    time_point deadline = time_point::max();
    bytes piece{};
  };

  bool refuse_now(std::uint64_t ticket, time_point now);
  void reject(std::uint64_t ticket, const char* sqlstate, std::string message, const char* hint);
  void answer(const asked& x) { effects_.answers.push_back({x.ticket, std::nullopt, {}, {}, false}); }
  void answer_all(const failure& f);
  void give_data(time_point now);
  void send_data(session& s);
  void over(std::optional<failure> why);
  std::optional<time_point> earliest() const noexcept;

  std::string text_;
  copy_direction direction_;
  bool reads_;
  time_point start_by_;
  duration grace_;
  state state_ = state::starting;
  copy_effects effects_;
  bool begun_ = false;    ///< Handed to the session.
  bool started_ = false;  ///< The server takes or gives data.
  bool end_sent_ = false; ///< From here on the server may commit it.
  bool stalled_ = false;  ///< The session takes no more data: its result is on the way.
  bool sync_wait_cancelled_ = false;
  notice_list notices_;         ///< For its result.
  std::deque<asked> waiting_;   ///< Pieces to hand over.
  std::deque<asked> unwritten_; ///< Pieces handed over.
  std::size_t waiting_bytes_ = 0;
  std::optional<asked> end_;
  std::optional<asked> fail_;
  std::optional<asked> next_;
  std::optional<std::string> fail_because_;
  std::optional<failure> given_up_; ///< Why nobody waits for it any more.
  std::optional<failure> verdict_;  ///< How it ended, unless well.
  std::optional<time_point> close_at_;
  bytes buffer_;
  bool all_given_ = false; ///< The last data has been given out.
  char status_ = 'I';
  time_point idle_since_;
};

} // namespace tripool
