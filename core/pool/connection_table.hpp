// The connections of a pool as the pool sees them: in which state each is, what it has in hand, since when.
//
//   dialling --opened--> open --close--> closing --ended--> (gone)
//   dialling --ended, or close and then ended--> (gone);  open --ended--> (gone)
//   an open one may be retiring: it gets nothing new and is closed as soon as it has nothing in hand.
//   an open one may be lent: an order has it for itself until the connection reports that it is back.
//
// Decides nothing. Used by pool_machine.
#pragma once

#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tripool {

/// The states of a connection in its pool.
enum class slot_state : std::uint8_t { dialling, open, closing };

/// One connection of a pool.
struct connection_slot {
  connection_id id = 0;
  slot_state state = slot_state::dialling;
  bool retiring = false;
  bool lent = false;                      ///< A borrower has it; `outstanding` is 1 meanwhile.
  bool worked = false;                    ///< It has completed a request.
  bool closed_behind = false;             ///< The last request handed to it may be slow: nothing more until it is idle.
  std::uint32_t outstanding = 0;          ///< Requests handed to it and not yet ended.
  time_point since{};                     ///< When the dial began, or when it opened.
  time_point expires = time_point::max(); ///< When its lifetime ends.
  std::uint64_t as_of = 0;                ///< The newest change that its dial knew of.
  time_point idle_since{};                ///< Since when nothing is outstanding.
  time_point lent_since{};                ///< Since when it is lent.
  time_point progressed_at{};             ///< The last completion, or when it went from idle to busy.
  time_point asked_back_at{};             ///< When it was last asked to give back what it holds up.
  std::uint64_t used = 0;                 ///< The order in which connections became idle: the largest is the latest.
  duration held{0};                       ///< Requests x time since the last completion: what it has worked on.
  time_point held_at{};                   ///< Until when `held` counts.

  /// Whether it may get requests.
  bool usable() const noexcept { return state == slot_state::open && !retiring && !lent; }
  bool idle() const noexcept { return outstanding == 0; }
  /// Brings `held` up to `now`; to be called before `outstanding` changes.
  void account(time_point now) noexcept {
    held += (now - held_at) * outstanding;
    held_at = now;
  }
};

/// How many connections are in which state.
struct connection_counts {
  std::size_t dialling = 0;
  std::size_t idle = 0;     ///< Open, usable, nothing in hand.
  std::size_t busy = 0;     ///< Open, usable, something in hand.
  std::size_t lent = 0;     ///< Open, in the hands of a borrower.
  std::size_t retiring = 0; ///< Open, gets nothing more.
  std::size_t closing = 0;

  std::size_t usable() const noexcept { return idle + busy; }
  std::size_t open() const noexcept { return usable() + lent + retiring; }
  std::size_t total() const noexcept { return dialling + open() + closing; }
};

/// All connections of one pool, in the order of their ids.
class connection_table {
public:
  /// Adds a connection that is being dialled and returns its id, which is never used again.
  connection_id add(time_point now);
  /// Returns the connection, or null when it has ended or never was. Valid until the next `add` or `erase`.
  connection_slot* find(connection_id id) noexcept;
  /// Forgets a connection. Precondition: it is there.
  void erase(connection_id id) noexcept;
  connection_counts counts() const noexcept;
  /// Returns how many requests are in the hands of connections.
  std::size_t outstanding() const noexcept;
  /// Returns how many may get requests.
  std::size_t usable() const noexcept;
  /// Whether there is one that is neither being dialled nor closed.
  bool any_open() const noexcept;
  std::size_t size() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return slots_.empty(); }

  std::vector<connection_slot>& slots() noexcept { return slots_; }
  const std::vector<connection_slot>& slots() const noexcept { return slots_; }

private:
  std::vector<connection_slot> slots_;
  connection_id last_id_ = 0;
};

} // namespace tripool
