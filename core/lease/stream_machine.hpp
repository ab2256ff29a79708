// A stream's pace: one chunk is read ahead while the consumer works on the one before, and nothing more until it asks.
//
//   reading --fewer rows than asked for--> ending --committed--> ended
//      \_______\_ failed, closed, idle for too long _____________/
//
// What the server holds back costs nothing here: a slow consumer has two chunks in memory, however long the stream.
// Knows nothing of sessions, actors and messages. Driven by row_stream (actors/lease).
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// Rows of a chunk where the consumer does not say how many.
inline constexpr std::uint32_t stream_rows_default = 1000;
/// The most rows that a consumer may ask for at a time.
inline constexpr std::uint32_t stream_rows_max = 100'000;
/// Chunks are cut to about this size by what rows have weighed so far, whatever number of rows was asked for.
inline constexpr std::size_t stream_chunk_bytes = std::size_t{4} << 20U;
/// A consumer that asks for nothing for longer loses its stream.
inline constexpr duration stream_idle_max = std::chrono::minutes{5};

/// An answer to the consumer.
struct stream_answer {
  std::uint64_t ticket = 0;
  result rows{};
  bool last = false;
  std::optional<failure> failed{};
};

/// What the machine wants its actor to do; taken and emptied by `take_effects`.
struct stream_effects {
  std::vector<stream_answer> answers{};
  std::optional<std::uint32_t> fetch{}; ///< Ask the server for so many rows.
  bool commit = false;                  ///< All rows are here: end the transaction.
  std::optional<failure> take_back{};   ///< Give the session back, cancelling what runs.
};

/// The machine. Not thread-safe.
class stream_machine {
public:
  /// `reads_only`: the transaction may end as soon as all rows are here; else only when the consumer has asked for the
  /// last of them, so that one that turns away before has changed nothing.
  stream_machine(bool reads_only, time_point now) : reads_only_(reads_only), idle_since_(now) {}

  /// The consumer asks for the next chunk; `rows` 0: as many as before. Refused: while it waits for another (55000),
  /// for more than `stream_rows_max` (22023), after the end (25000).
  void asked(std::uint64_t ticket, std::uint32_t rows, time_point now);
  void fetched(result rows, time_point now);
  void committed();
  /// A fetch or the commit failed, or the session is gone. The first reason stands.
  void failed(failure why);
  /// The consumer wants no more.
  void closed();
  void tick(time_point now);
  std::optional<time_point> next_wake() const noexcept;

  bool has_ended() const noexcept { return state_ == state::ended; }
  stream_effects take_effects() { return std::exchange(effects_, {}); }

private:
  enum class state : std::uint8_t { reading, ending, ended };

  void serve(time_point now);
  void end_when_due();
  void refuse(std::uint64_t ticket, const char* sqlstate, std::string message, const char* hint);

  bool reads_only_;
  bool committing_ = false;
  state state_ = state::reading;
  stream_effects effects_;
  std::optional<std::uint64_t> waiting_; ///< The consumer's ticket.
  std::optional<result> ahead_;          ///< Read, and not asked for yet; the last chunk waits here for the commit.
  std::optional<failure> broken_;        ///< Why it ended early; told to whoever asks next.
  std::string ended_as_;
  std::uint32_t wanted_ = stream_rows_default;
  std::uint32_t asked_for_ = 0; ///< Rows of the fetch that is under way, or 0.
  std::uint32_t next_ = 100;    ///< Rows of the next fetch at most: small until it is known what a row weighs.
  time_point idle_since_;
};

} // namespace tripool
