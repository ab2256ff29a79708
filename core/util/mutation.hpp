// Deliberate breakages, each of which makes Tripool break one of its promises: they show that the simulation sees it.
// Without the build's option TRIPOOL_MUTATIONS none exists: `mutated` is the constant false, and the compiler drops
// what stands behind it. With it, a test program chooses one at its start.
// Used by the machines that a mutation breaks, and by tripool-sim.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tripool {

/// What is broken.
enum class mutation : std::uint8_t {
  none,
  ack_before_sync,           ///< A lone write counts as done at its own tag, before the Sync is answered.
  ack_before_commit,         ///< A write in its own block counts as done before its COMMIT is answered.
  rollback_is_done,          ///< A COMMIT that is answered with ROLLBACK counts as done.
  resend_lost_write,         ///< A write whose answer was lost is sent again without a word from its caller.
  call_lost_write_unsent,    ///< A write whose answer was lost counts as not executed.
  call_neighbour_unsent,     ///< What was sent behind a lost statement counts as never run.
  call_lost_commit_undone,   ///< A borrowed session that is lost behind its COMMIT counts as rolled back.
  no_timeline_fence,         ///< Timelines are not compared: a ghost is as good as its successor.
  ignore_read_only,          ///< 25006 and what a server pushes about its role mean nothing.
  drop_promise,              ///< A request whose holder dies takes its answer with it.
  rescue_sent_write,         ///< A write on the wire whose holder dies is sent again.
  ignore_sync_wait_warning,  ///< 01000 about the synchronous standby is not looked at.
  count_open_only,           ///< A pool's maximum counts neither dialling nor closing connections.
  no_backoff,                ///< A failed dial is followed by the next one at once.
  no_queue_expiry,           ///< What waits in a pool's queue does not expire.
  no_wire_deadline,          ///< What waits for a server's answer does not expire.
  no_parking_expiry,         ///< What waits for any server does not expire.
  unbounded_queue,           ///< A pool's queue has no bound.
  unbounded_parking,         ///< The waiting room has no bound.
  keep_dead_borrowers_lease, ///< A borrower's death is not noticed.
  no_gap_message,            ///< Subscribers are not told that the listening session was lost.
  token_without_row,         ///< A write with a token does not write its token's row.
  resolve_across_timelines,  ///< A transaction's status is asked and believed on any timeline.
  ignore_position,           ///< A read by position goes to any server.
  keep_stuck_session,        ///< A cancel without effect does not end the session.
  keep_old_secret,           ///< The secret that was accepted last is lent for ever, whatever the sources have.
  ignore_priority,           ///< All that waits in a pool is equally urgent.
  ignore_reload,             ///< Pools go on with the limits that they began with.
  forget_last_writer,        ///< The simple pool has the first server, whoever took writes last.
  keep_simple_on_ghost,      ///< A simple pool is not told that its server is a ghost.
  give_back_sent_write,      ///< A write that waits on the wire behind a slow statement leaves as a read does.
};

/// A mutation by its name.
struct named_mutation {
  mutation what;
  std::string_view name;
};

inline constexpr std::array all_mutations{
  named_mutation{mutation::ack_before_sync, "ack_before_sync"},
  named_mutation{mutation::ack_before_commit, "ack_before_commit"},
  named_mutation{mutation::rollback_is_done, "rollback_is_done"},
  named_mutation{mutation::resend_lost_write, "resend_lost_write"},
  named_mutation{mutation::call_lost_write_unsent, "call_lost_write_unsent"},
  named_mutation{mutation::call_neighbour_unsent, "call_neighbour_unsent"},
  named_mutation{mutation::call_lost_commit_undone, "call_lost_commit_undone"},
  named_mutation{mutation::no_timeline_fence, "no_timeline_fence"},
  named_mutation{mutation::ignore_read_only, "ignore_read_only"},
  named_mutation{mutation::drop_promise, "drop_promise"},
  named_mutation{mutation::rescue_sent_write, "rescue_sent_write"},
  named_mutation{mutation::ignore_sync_wait_warning, "ignore_sync_wait_warning"},
  named_mutation{mutation::count_open_only, "count_open_only"},
  named_mutation{mutation::no_backoff, "no_backoff"},
  named_mutation{mutation::no_queue_expiry, "no_queue_expiry"},
  named_mutation{mutation::no_wire_deadline, "no_wire_deadline"},
  named_mutation{mutation::no_parking_expiry, "no_parking_expiry"},
  named_mutation{mutation::unbounded_queue, "unbounded_queue"},
  named_mutation{mutation::unbounded_parking, "unbounded_parking"},
  named_mutation{mutation::keep_dead_borrowers_lease, "keep_dead_borrowers_lease"},
  named_mutation{mutation::no_gap_message, "no_gap_message"},
  named_mutation{mutation::token_without_row, "token_without_row"},
  named_mutation{mutation::resolve_across_timelines, "resolve_across_timelines"},
  named_mutation{mutation::ignore_position, "ignore_position"},
  named_mutation{mutation::keep_stuck_session, "keep_stuck_session"},
  named_mutation{mutation::keep_old_secret, "keep_old_secret"},
  named_mutation{mutation::ignore_priority, "ignore_priority"},
  named_mutation{mutation::ignore_reload, "ignore_reload"},
  named_mutation{mutation::forget_last_writer, "forget_last_writer"},
  named_mutation{mutation::keep_simple_on_ghost, "keep_simple_on_ghost"},
  named_mutation{mutation::give_back_sent_write, "give_back_sent_write"},
};

#ifdef TRIPOOL_MUTATIONS
inline constexpr bool mutations_built = true;
/// The one that is in force. Set before the first actor lives; not synchronised.
inline mutation mutation_in_force = mutation::none;
inline bool mutated(mutation x) noexcept {
  return mutation_in_force == x;
}
#else
inline constexpr bool mutations_built = false;
constexpr bool mutated(mutation) noexcept {
  return false;
}
#endif

} // namespace tripool
