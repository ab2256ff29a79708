// One pool: which requests wait, which connection gets them, when to dial, retire and close, and when to give up.
// A pure machine: events and moments in, effects out; the seed is all its randomness. It holds requests but neither
// sends nor answers them, and knows nothing of actors, sockets or other pools. Used by the pool actor, on one thread.
//
//   running --suspend--> suspended --resume--> running      suspended: all that is queued, and all that comes, moves
//   running, suspended --drain--> draining --nothing left--> drained     (for good)
//
// Every request that comes in leaves in exactly one effect - dispatch, move or fail - or is in the queue. Orders for a
// session wait apart, so that statements pass them; an idle connection is theirs first, and is lent until it reports.
// Connections: see connection_table.hpp. When to dial: see dial_gate.hpp. Who gets what: see dispatch.hpp.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/metrics/pool_meter.hpp"
#include "tripool/core/pool/busy_width.hpp"
#include "tripool/core/pool/codel.hpp"
#include "tripool/core/pool/connection_table.hpp"
#include "tripool/core/pool/dial_gate.hpp"
#include "tripool/core/pool/dispatch.hpp"
#include "tripool/core/pool/moving_average.hpp"
#include "tripool/core/pool/pace_book.hpp"
#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/pool/pool_stats.hpp"
#include "tripool/core/pool/refusal.hpp"
#include "tripool/core/pool/request_queue.hpp"
#include "tripool/core/pool/trouble_limiter.hpp"
#include "tripool/core/util/random.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// With no connection open for this long, or since it was told that its server is back, the pool's queue moves on: the
/// server may accept a dial and never answer it.
inline constexpr duration starvation_max = std::chrono::seconds{1};
/// With requests on the connections and no answer on any of them for this long, the server may hang: the pool says so,
/// and again whenever the silence has lasted twice as long. Long statements on a quiet pool look the same: they cost a
/// probe.
inline constexpr duration silence_max = std::chrono::milliseconds{500};
/// With no connection open and the next dial further away than this, a new request moves on at once.
inline constexpr duration next_dial_wait_max = std::chrono::milliseconds{100};
/// The part of the lifetime by which a connection may go earlier, so that those opened together do not go together.
inline constexpr int lifetime_jitter_divisor = 10;

/// The machine of one pool. Moments must not go backwards. Effects are appended to `out`; the caller carries them out
/// in their order. Call `tick` at `next_wake()`, and `pump` once after each batch of events.
class pool_machine {
public:
  /// Preconditions: connections_min <= connections_max, connections_max > 0, pipeline_depth > 0,
  /// 0 <= backoff_min <= backoff_max. A lifetime, idle_timeout, queue_wait_max or codel_target of zero means never.
  /// `pace`: which texts may share a connection; null: all.
  pool_machine(pool_options opts, std::uint64_t seed, std::shared_ptr<const pace_book> pace = {});

  /// Waits are measured there from now on.
  void measure_into(std::shared_ptr<pool_meter> to) noexcept { meter_ = std::move(to); }

  /// Whether other pools may be asked to serve a read that is held up here. Not at first.
  void offer_reads(bool x) noexcept { offers_ = x; }

  /// Begins to dial. Before it, requests only queue.
  void start(time_point now, std::vector<pool_effect>& out);
  /// Takes a request: queues it, or lets it go at once with a move (full, suspended, draining, no connection in sight)
  /// or a failure (its deadline has passed).
  void submit(request_ptr r, time_point now, std::vector<pool_effect>& out);
  /// Hands waiting requests to connections, at most one `dispatch_effect` each, and does all that is due.
  void pump(time_point now, std::vector<pool_effect>& out);

  /// The dial of this connection succeeded. Ids that are unknown or being closed are ignored, here and below.
  /// `as_of`: the newest change (of secrets, of configuration) that the dial knew of.
  void connection_opened(connection_id id, time_point now, std::vector<pool_effect>& out,
                         std::uint64_t as_of = UINT64_MAX);
  /// A dial failed, or an open connection ended. What it had in hand was answered by itself or comes by `returned`.
  void connection_ended(connection_id id, const connection_end& x, time_point now, std::vector<pool_effect>& out);
  /// `completed` requests have ended on the connection since its last report, by whatever outcome, but not those that
  /// it returns. `outstanding`: what it has in hand now; it may not yet know of what was dispatched a moment ago, so
  /// that only a larger number than the pool's own corrects the pool. Follow up with `pump`.
  void progressed(connection_id id, std::uint32_t completed, std::uint32_t outstanding, time_point now);
  /// Requests come back that the connection did not send, or whose sending harms nobody. They wait as if they had just
  /// come, before others of the same time, whatever the bound. The connection may have ended. Follow up with `pump`.
  void returned(connection_id id, std::vector<request_ptr> back, time_point now);

  /// Reads that were offered come back: no other pool can serve them. They wait on, whatever the bound. If one of them
  /// asks for nothing but a server, nothing is asked back for others to serve it for a while, and none like it is
  /// offered. Follow up with `pump`.
  void not_served(std::vector<request_ptr> back, time_point now);

  /// Some requests have been taken back by their callers: those in the queue fail. Follow up with `pump`.
  void take_back_cancelled(time_point now, std::vector<pool_effect>& out);

  /// Does all that is due: deadlines, shedding, lifetimes, idle connections, dials after a pause, the end of draining,
  /// and the dispatch of what came back while nobody pumped. The same as `pump`, under the name of its other occasion.
  void tick(time_point now, std::vector<pool_effect>& out);
  /// Returns when `tick` must be called next: never earlier than the last moment this machine heard of, and always such
  /// that `tick` then has something to do.
  std::optional<time_point> next_wake() const;

  /// The pool is unhealthy: queued and new requests move, with `why` for those whom nobody else can serve. Connections
  /// stay, and the minimum is still dialled, so that the pool is ready when it comes back.
  void suspend(failure why, time_point now, std::vector<pool_effect>& out);
  /// The server is healthy: the pool serves again, and a pause between dials ends. Harmless while running.
  void resume(time_point now, std::vector<pool_effect>& out);
  /// Closes all connections, dialling ones too, and dials anew after a pause. The queue stays.
  void evict(std::string reason, time_point now, std::vector<pool_effect>& out);
  /// Change number `generation` replaced what connections are opened with: those that were dialled without knowing of
  /// it are replaced at random moments within `spread`, each when it has nothing in hand; one that is outdated already
  /// when it opens, after session_renewal's pause. A pause between dials ends. Numbers grow: a change that is older
  /// than one heard of already only ends the pause.
  void renew(std::uint64_t generation, duration spread, time_point now, std::vector<pool_effect>& out);
  /// New requests move from now on. Queued ones are served until their deadline, or fail when `limit` has passed; then
  /// all connections close, and `drained_effect` is the last word.
  void drain(time_point now, std::vector<pool_effect>& out, duration limit = std::chrono::seconds{60});

  /// Keeps no connections from now on: those that are free close one by one. Off: the minimum is dialled again.
  void empty(bool on, time_point now, std::vector<pool_effect>& out);
  /// Replaces the open connections one after the other, each when its successor is open and it is free.
  void recycle(time_point now, std::vector<pool_effect>& out);
  /// Other limits are in force. Connections above a smaller maximum close as they become free.
  void reconfigure(const pool_options& x, time_point now, std::vector<pool_effect>& out);

  /// Returns a snapshot.
  pool_stats stats(time_point now) const;
  /// The figures that routing goes by, cheaper than a snapshot.
  std::size_t outstanding() const noexcept { return table_.outstanding(); }
  std::size_t queued() const noexcept { return queue_.size(); }
  std::size_t orders_queued() const noexcept { return orders_.size(); }
  duration service_average() const noexcept { return services_.value(); }
  pool_state state() const noexcept;
  bool overloaded(time_point now) const noexcept { return codel_.overloaded(now); }
  /// Whether all its connections are lent or at statements that take long, so that nobody else is served for now.
  bool choked() const noexcept { return choked_; }
  std::uint64_t shed_total() const noexcept { return counters_.shed; }
  const pool_options& options() const noexcept { return opts_; }

private:
  enum class phase : std::uint8_t { running, draining, drained };
  using effects = std::vector<pool_effect>;

  // -- requests: pool_machine.cpp -------------------------------------------------------------------------------------
  void dispatch(time_point now, effects& out);
  void dispatch_statements(time_point now, effects& out);
  void lend(time_point now, effects& out);
  std::size_t lendable() const noexcept;
  void keep_for_orders() const;
  void expire_orders(time_point now, effects& out);
  bool nothing_waits() const noexcept { return queue_.empty() && orders_.empty(); }
  void note_wait(request& r, duration wait, time_point now);
  bool says_of_queue(const request& r, duration wait) const noexcept;
  void collect_loads() const;
  dispatch_kind kind_of(const request& r) const noexcept;
  void collect_kinds();
  void expire(time_point now, effects& out);
  void shed(time_point now, effects& out);
  void leave(time_point now, effects& out);
  void move(request_ptr r, failure why, effects& out);
  void move_all(const failure& why, time_point now, effects& out);
  void fail(request_ptr r, failure why, effects& out);
  std::optional<failure> refusal_at_once(time_point now) const;
  bool must_leave() const noexcept { return suspended_.has_value() || phase_ == phase::drained; }
  refusal_context context() const;

  // -- connections: pool_sizing.cpp -----------------------------------------------------------------------------------
  void settle(time_point now, effects& out);
  std::size_t wanted_min() const noexcept { return emptied_ ? 0 : opts_.connections_min; }
  void dial(time_point now, effects& out);
  void begin_dial(time_point now, effects& out);
  void close(connection_slot& s, std::string reason, effects& out);
  void limit_outdated(connection_slot& s, time_point now) noexcept;
  void close_retired(effects& out);
  void retire(time_point now, effects& out);
  void close_idle(time_point now, effects& out);
  void watch_starvation(time_point now, effects& out);
  void watch_silence(time_point now, effects& out);
  void ask_held_up_back(time_point now, effects& out);
  void watch_choking(time_point now, effects& out);
  bool may_be_offered(const request& r) const noexcept;
  void offer_waiting(effects& out);
  void go_on_draining(time_point now, effects& out);
  void dial_failed(const connection_end& x, time_point now, effects& out);
  void connection_lost(const connection_slot& s, const connection_end& x, time_point now, effects& out);
  void report(cause why, const connection_end& x, time_point now, effects& out);

  // When each of them has something to do next; nothing: not before another event.
  std::optional<time_point> dial_due() const;
  std::optional<time_point> retire_due() const;
  std::optional<time_point> idle_due() const;
  std::optional<time_point> starvation_due() const;
  std::optional<time_point> silence_due() const;
  std::optional<time_point> held_up_due() const;
  std::optional<time_point> held_up_due(const connection_slot& s) const;
  std::optional<time_point> choked_at() const;
  std::optional<time_point> choking_due() const;
  std::optional<time_point> drain_due() const;
  const connection_slot* next_to_retire() const noexcept;
  const connection_slot* next_idle() const noexcept;
  bool growth_wanted() const;
  bool is_stuck(const connection_slot& s) const noexcept;
  bool room_elsewhere() const noexcept;
  bool starving() const noexcept;
  std::optional<time_point> waiting_since() const noexcept;
  failure no_connection(time_point now) const;

  void see(time_point now) noexcept { now_ = std::max(now_, now); }

  pool_options opts_;
  std::shared_ptr<const pace_book> pace_;
  std::shared_ptr<pool_meter> meter_;
  splitmix64 random_;
  request_queue queue_;
  request_queue orders_; ///< Orders for a session.
  codel codel_;
  connection_table table_;
  dial_gate gate_;
  trouble_limiter troubles_;
  pool_counters counters_;
  moving_average waits_;
  moving_average services_;
  busy_width width_;

  phase phase_ = phase::running;
  bool started_ = false;
  bool emptied_ = false;                         ///< By order of an operator: no connections are kept.
  bool offers_ = false;                          ///< Reads that are held up are offered to other pools.
  bool choked_ = false;                          ///< Every connection is lent, or at a statement that takes long.
  bool offer_due_ = false;                       ///< Something in the queue may have to be offered.
  time_point not_served_at_ = time_point::min(); ///< When no other pool could serve a read.
  bool blocked_ = false; ///< The last dispatch left requests waiting, and nothing has changed since.
  std::optional<failure> suspended_;
  std::uint64_t renewed_ = 0;          ///< The newest change: connections that do not know of it are to go ...
  duration renewal_spread_{0};         ///< ... within this time.
  time_point now_ = time_point::min(); ///< The latest moment heard of.
  std::uint64_t use_order_ = 0;
  time_point idle_closed_at_ = time_point::min();
  std::optional<time_point> starved_since_; ///< Since when no connection is open although one is wanted.
  bool starvation_reported_ = false;
  time_point silence_reported_at_ = time_point::min();
  time_point drain_until_ = time_point::max();
  connection_end last_failure_; ///< Why the last dial failed, the last connection broke or was evicted.
  connection_end last_dial_failure_;
  time_point last_dial_failure_at_ = time_point::min();

  // Scratch, kept for its memory: the usable connections at `now_`, where they stand in the table, and the plan.
  mutable std::vector<connection_load> loads_;
  mutable std::vector<std::size_t> load_slots_;
  std::vector<std::uint32_t> order_;
  std::vector<std::size_t> share_sizes_;
  std::vector<dispatch_kind> kinds_;
};

} // namespace tripool
