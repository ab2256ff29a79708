// The members of every snapshot that travels, named once for writing and reading: the status of a service, the events
// of its flight recorder, the story of a request. Handles of actors stay on their node; moments arrive on the reader's
// clock.
// Used by envelope.cpp only.
#pragma once

#include "tripool/actors/remote/wire_fields.hpp"
#include "tripool/core/remote/wire.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>

namespace tripool {

// -- questions --------------------------------------------------------------------------------------------------------

template <class W>
void wire_fields(W&, get_service_status&) {}
template <class W>
void wire_fields(W&, get_node_facts&) {}
template <class W>
void wire_fields(W& w, event_filter& x) {
  w(x.after, x.pool, x.kinds, x.request, x.limit);
}
template <class W>
void wire_fields(W& w, get_events& x) {
  w(x.which);
}
template <class W>
void wire_fields(W& w, get_causes& x) {
  w(x.pool);
}
template <class W>
void wire_fields(W& w, get_request& x) {
  w(x.request);
}
template <class W>
void wire_fields(W& w, get_moves& x) {
  w(x.request);
}

template <class W>
void wire_fields(W&, subscribe_events&) {}
template <class W>
void wire_fields(W&, unsubscribe_events&) {}
template <class W>
void wire_fields(W&, events_subscribed&) {}
template <class W>
void wire_fields(W& w, watch_events& x) {
  w(x.kinds);
}

// -- figures ----------------------------------------------------------------------------------------------------------

/// As its numbers stand in memory; one whose classes do not add up is refused.
template <class W>
void wire_fields(W& w, histogram& x) {
  using numbers = std::array<std::uint64_t, histogram::bounds_count + 4>;
  static_assert(std::is_trivially_copyable_v<histogram> && sizeof(histogram) == sizeof(numbers));
  auto all = std::bit_cast<numbers>(x);
  w(all);
  if constexpr (W::reads) {
    const auto classes = all.begin() + histogram::bounds_count + 1;
    if (std::accumulate(all.begin(), classes, std::uint64_t{0}) != *classes) return w.refuse();
    x = std::bit_cast<histogram>(all);
  }
}
template <class W>
void wire_fields(W& w, pool_measures& x) {
  w(x.wait, x.service, x.recent_wait, x.recent_service, x.answered);
}
template <class W>
void wire_fields(W& w, answer_counts& x) {
  w(x.done, x.rejected, x.not_executed, x.in_doubt, x.by_cause);
}
template <class W>
void wire_fields(W& w, reactor_stats& x) {
  w(x.wakeups, x.jobs, x.events, x.actors, x.longest_turn, x.blocked);
}
template <class W>
void wire_fields(W& w, connection_counts& x) {
  w(x.dialling, x.idle, x.busy, x.lent, x.retiring, x.closing);
}
template <class W>
void wire_fields(W& w, pool_counters& x) {
  static_assert(detail::member_count<pool_counters>() == 16);
  w(x.submitted, x.dispatched, x.returned, x.completed, x.moved, x.failed, x.expired, x.shed, x.dials, x.dial_failures,
    x.opened, x.lost, x.evicted, x.retired, x.idle_closed, x.lent);
}

// -- pools and servers ------------------------------------------------------------------------------------------------

template <class W>
void wire_fields(W& w, pool_stats& x) {
  w(x.name, x.state, x.suspended_because, x.connections, x.connections_min, x.connections_max, x.outstanding, x.queued,
    x.queue_max, x.orders_queued, x.lent_max, x.longest_lent, x.oldest_wait, x.overloaded, x.wait_average,
    x.service_average, x.last_dial_error, x.last_dial_sqlstate, x.last_dial_error_age, x.counters);
  enum_below(w, x.state, pool_state::drained);
}
template <class W>
void wire_fields(W& w, connection_status& x) {
  w(x.id, x.pool, x.state, x.server, x.backend_pid, x.age, x.outstanding, x.statement, x.statement_name,
    x.statement_age, x.prepared, x.prepared_hits, x.resent, x.lent_to, x.lent_as, x.lent_for, x.overdue, x.bytes_sent,
    x.bytes_received); // `who` and `borrowed` stay where they are.
}
template <class W>
void wire_fields(W& w, pool_status& x) {
  static_assert(detail::member_count<pool_status>() == 3);
  w(x.stats, x.connections, x.measures);
}
template <class W>
void wire_fields(W& w, server_facts& x) {
  static_assert(detail::member_count<server_facts>() == 7);
  w(x.role, x.read_only, x.timeline, x.wal_position, x.system_identifier, x.replay_lag, x.receiving);
  enum_below(w, x.role, server_role::standby);
}
template <class W>
void wire_fields(W& w, health_snapshot& x) {
  w(x.pool, x.state, x.reason, x.sqlstate, x.since, x.facts, x.fenced, x.alive, x.trouble, x.tripped, x.latency,
    x.facts_at, x.last_answer, x.misses, x.probes_answered, x.probes_failed, x.transitions);
  enum_below(w, x.state, health_state::unhealthy);
}
template <class W>
void wire_fields(W& w, monitored_pool& x) {
  static_assert(detail::member_count<monitored_pool>() == 11);
  w(x.health, x.heartbeat_age, x.probes_sent, x.pool_answers, x.breaker, x.breaker_reason, x.breaker_trips,
    x.retries_spent, x.retries_allowed, x.retries_refused);
  enum_below(w, x.breaker, circuit::half_open);
}
template <class W>
void wire_fields(W& w, pool_route& x) {
  static_assert(detail::member_count<pool_route>() == 16);
  w(x.index, x.name, x.usable_for_reads, x.usable_for_writes, x.ghost, x.foreign, x.held, x.preferred, x.state, x.role,
    x.timeline, x.latency, x.lag_bytes, x.since, x.reason, x.tripped);
  enum_below(w, x.state, health_state::unhealthy);
  enum_below(w, x.role, server_role::standby);
}
template <class W>
void wire_fields(W& w, routing_table& x) {
  w(x.generation, x.routes);
}

// -- what was noted ---------------------------------------------------------------------------------------------------

template <class W>
void wire_fields(W& w, move_note& x) {
  static_assert(detail::member_count<move_note>() == 12);
  w(x.serial, x.request, x.at, x.name, x.token, x.from, x.to, x.why, x.sqlstate, x.message, x.proved, x.attempts);
  enum_below(w, x.why, last_cause);
  enum_below(w, x.proved, proof::token);
}
template <class W>
void wire_fields(W& w, service_event& x) {
  static_assert(detail::member_count<service_event>() == 11);
  w(x.serial, x.at, x.last_at, x.count, x.kind, x.weight, x.pool, x.other, x.request, x.sqlstate, x.text);
  enum_below(w, x.kind, static_cast<event_kind>(event_kinds_count - 1));
  enum_below(w, x.weight, severity::error);
}
template <class W>
void wire_fields(W& w, request_note& x) {
  w(x.request, x.at, x.what);
}
template <class W>
void wire_fields(W& w, events_reply& x) {
  w(x.events, x.last_serial, x.now);
}
template <class W>
void wire_fields(W& w, request_story& x) {
  w(x.moves, x.events, x.answers, x.now);
}
template <class W>
void wire_fields(W& w, moves_reply& x) {
  w(x.moves, x.count);
}

template <class W>
void wire_fields(W& w, doubt_event& x) {
  w(x.what);
}
template <class W>
void wire_fields(W& w, doubt_settled_event& x) {
  static_assert(detail::member_count<doubt_settlement>() == 6);
  w(x.request, x.name, x.token, x.kind, x.how, x.attempts);
  enum_below(w, x.kind, outcome::in_doubt);
}
template <class W>
void wire_fields(W& w, fallback_event& x) {
  w(x.before, x.now, x.why);
  enum_below(w, x.before, service_mode::none);
  enum_below(w, x.now, service_mode::none);
}
template <class W>
void wire_fields(W& w, event_msg& x) {
  w(x.what);
}

// -- the service ------------------------------------------------------------------------------------------------------

template <class W>
void wire_fields(W& w, monitor_status& x) {
  static_assert(detail::member_count<monitor_status>() == 7);
  w(x.table, x.pools, x.parked, x.moved, x.parked_total, x.answered, x.moves);
}
template <class W>
void wire_fields(W& w, child_status& x) {
  w(x.name, x.alive, x.restarts);
}
template <class W>
void wire_fields(W& w, manager_status& x) {
  w(x.children);
}
template <class W>
void wire_fields(W& w, credential_status& x) {
  static_assert(detail::member_count<credential_status>() == 13);
  w(x.pool, x.source, x.sources, x.available, x.valid, x.emergency, x.leases, x.fetches, x.generation, x.changes, x.age,
    x.expires_in, x.last_error);
}
template <class W>
void wire_fields(W& w, carrier_status& x) {
  w(x.credentials);
}
template <class W>
void wire_fields(W& w, subscriptions_status& x) {
  w(x.channels, x.subscribers, x.subscriptions, x.waiting, x.gaps, x.delivered);
}
template <class W>
void wire_fields(W& w, listener_status& x) {
  static_assert(detail::member_count<listener_status>() == 14);
  w(x.state, x.pool, x.server, x.backend_pid, x.age, x.silent, x.wanted, x.listening, x.dials, x.losses, x.orders,
    x.notifications, x.last_problem); // `session` stays where it is.
}
template <class W>
void wire_fields(W& w, fallback_status& x) {
  static_assert(detail::member_count<fallback_status>() == 11);
  w(x.mode, x.why, x.lasted, x.server_of, x.simple_alive, x.retiring, x.falls, x.returns, x.accepted, x.refused,
    x.simple_restarts);
  enum_below(w, x.mode, service_mode::none);
}
template <class W>
void wire_fields(W& w, delegate_status& x) {
  static_assert(detail::member_count<delegate_status>() == 13);
  w(x.received, x.refused, x.routed, x.unroutable, x.rescued, x.cancels, x.doubts, x.settled, x.manager_restarts,
    x.table_generation, x.answers, x.subscriptions, x.fallback);
}
template <class W>
void wire_fields(W& w, service_status& x) {
  static_assert(detail::member_count<service_status>() == 7);
  w(x.delegate, x.manager, x.monitor, x.carrier, x.listener, x.pools, x.loop);
}
template <class W>
void wire_fields(W& w, node_facts& x) {
  w(x.version, x.pid, x.age);
}

} // namespace tripool
