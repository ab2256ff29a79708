// The status as JSON, actor by actor.
#include "service/inspect/status_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include <unistd.h>

namespace tripool::service {

namespace {

using json = nlohmann::ordered_json;

json ages(const histogram& x) {
  return {{"count", x.count()},
          {"mean", seconds(x.mean())},
          {"p50", seconds(x.quantile(0.5))},
          {"p90", seconds(x.quantile(0.9))},
          {"p99", seconds(x.quantile(0.99))},
          {"longest", seconds(x.longest())}};
}

template <class T>
json or_null(const std::optional<T>& x) {
  return x ? json(*x) : json(nullptr);
}

json answers_json(const answer_counts& x) {
  json causes = json::object();
  for (std::size_t i = 1; i < causes_count; ++i)
    if (x.by_cause[i] > 0) causes[std::string{to_string(static_cast<cause>(i))}] = x.by_cause[i];
  return {{"done", x.done},
          {"rejected", x.rejected},
          {"not_executed", x.not_executed},
          {"in_doubt", x.in_doubt},
          {"by_cause", std::move(causes)}};
}

json delegate_json(const delegate_status& x) {
  return {{"received", x.received},
          {"refused", x.refused},
          {"routed", x.routed},
          {"unroutable", x.unroutable},
          {"rescued", x.rescued},
          {"cancelled", x.cancels},
          {"doubts", x.doubts},
          {"doubts_settled", x.settled},
          {"manager_restarts", x.manager_restarts},
          {"table_generation", x.table_generation},
          {"fallback",
           {{"mode", to_string(x.fallback.mode)},
            {"why", x.fallback.why},
            {"seconds", seconds(x.fallback.lasted)},
            {"falls", x.fallback.falls},
            {"returns", x.fallback.returns},
            {"accepted", x.fallback.accepted},
            {"refused", x.fallback.refused}}},
          {"answers", answers_json(x.answers)},
          {"subscriptions",
           {{"channels", x.subscriptions.channels},
            {"subscribers", x.subscriptions.subscribers},
            {"subscriptions", x.subscriptions.subscriptions},
            {"waiting", x.subscriptions.waiting},
            {"gaps", x.subscriptions.gaps},
            {"delivered", x.subscriptions.delivered}}}};
}

json connection_json(const connection_status& x) {
  json out{{"id", x.id},
           {"state", x.state},
           {"server", x.server},
           {"backend_pid", x.backend_pid},
           {"age_seconds", seconds(x.age)},
           {"outstanding", x.outstanding},
           {"statement", x.statement},
           {"statement_name", x.statement_name},
           {"statement_age_seconds", seconds(x.statement_age)},
           {"prepared", x.prepared},
           {"prepared_hits", x.prepared_hits},
           {"resent", x.resent},
           {"bytes_sent", or_null(x.bytes_sent)},
           {"bytes_received", or_null(x.bytes_received)}};
  if (!x.lent_as.empty())
    out["lent"] = {{"as", x.lent_as}, {"to", x.lent_to}, {"seconds", seconds(x.lent_for)}, {"overdue", x.overdue}};
  return out;
}

json sessions_json(const pool_status* x) {
  json out = json::array();
  if (!x) return out;
  auto all = x->connections;
  std::ranges::sort(all, {}, &connection_status::id);
  for (const auto& c : all) out.push_back(connection_json(c));
  return out;
}

json health_json(const monitored_pool& m, time_point now) {
  const auto& h = m.health;
  return {{"state", to_string(h.state)},
          {"reason", h.reason},
          {"sqlstate", h.sqlstate},
          {"since_seconds", seconds(now - h.since)},
          {"in_trouble", h.trouble},
          {"fenced", h.fenced},
          {"misses", h.misses},
          {"transitions", h.transitions},
          {"latency_seconds", h.latency ? json(seconds(*h.latency)) : json(nullptr)},
          {"heartbeat_age_seconds", h.last_answer ? json(seconds(m.heartbeat_age)) : json(nullptr)},
          {"probes_sent", m.probes_sent},
          {"probes_answered", h.probes_answered},
          {"probes_failed", h.probes_failed},
          {"pool_answers", m.pool_answers}};
}

json server_json(const monitored_pool& m, const pool_route* r) {
  const auto& f = m.health.facts;
  return {{"role", to_string(f.role)},
          {"read_only", f.read_only},
          {"timeline", or_null(f.timeline)},
          {"wal_position", or_null(f.wal_position)},
          {"system_identifier", f.system_identifier ? json(std::to_string(*f.system_identifier)) : json(nullptr)},
          {"replay_lag_seconds", f.replay_lag ? json(seconds(*f.replay_lag)) : json(nullptr)},
          {"receiving", or_null(f.receiving)},
          {"lag_bytes", r ? or_null(r->lag_bytes) : json(nullptr)},
          {"ghost", r && r->ghost},
          {"foreign", r && r->foreign}};
}

json counters_json(const pool_counters& c) {
  return {{"submitted", c.submitted},
          {"dispatched", c.dispatched},
          {"returned", c.returned},
          {"completed", c.completed},
          {"moved", c.moved},
          {"failed", c.failed},
          {"expired", c.expired},
          {"shed", c.shed},
          {"dials", c.dials},
          {"dial_failures", c.dial_failures},
          {"opened", c.opened},
          {"lost", c.lost},
          {"evicted", c.evicted},
          {"retired", c.retired},
          {"idle_closed", c.idle_closed},
          {"lent", c.lent}};
}

json figures_json(const pool_status& p) {
  const auto& s = p.stats;
  const auto& n = s.connections;
  json answered = json::object();
  for (const auto x : {outcome::done, outcome::rejected, outcome::not_executed, outcome::in_doubt})
    answered[std::string{to_string(x)}] = p.measures.answered[static_cast<std::size_t>(x)];
  return {{"state", to_string(s.state)},
          {"suspended_because", s.suspended_because},
          {"connections",
           {{"open", n.open()},
            {"idle", n.idle},
            {"busy", n.busy},
            {"dialling", n.dialling},
            {"lent", n.lent},
            {"retiring", n.retiring},
            {"closing", n.closing}}},
          {"limits",
           {{"connections_min", s.connections_min},
            {"connections_max", s.connections_max},
            {"queue_max", s.queue_max},
            {"lent_max", s.lent_max}}},
          {"outstanding", s.outstanding},
          {"queued", s.queued},
          {"orders_queued", s.orders_queued},
          {"oldest_wait_seconds", seconds(s.oldest_wait)},
          {"longest_lent_seconds", seconds(s.longest_lent)},
          {"overloaded", s.overloaded},
          {"wait_seconds", ages(p.measures.recent_wait)},
          {"service_seconds", ages(p.measures.recent_service)},
          {"answered", std::move(answered)},
          {"last_dial_error", s.last_dial_error.empty() ? json(nullptr)
                                                        : json{{"message", s.last_dial_error},
                                                               {"sqlstate", s.last_dial_sqlstate},
                                                               {"age_seconds", seconds(s.last_dial_error_age)}}},
          {"counters", counters_json(s.counters)}};
}

json pool_json(const pool_view& v, time_point now) {
  json out{{"name", v.name}};
  out["serves"] = {{"reads", v.route && v.route->usable_for_reads}, {"writes", v.route && v.route->usable_for_writes}};
  out["reason"] = v.route
                    ? v.route->reason
                    : std::string{v.monitored ? "the routing does not know it" : "no monitor watches it at the moment"};
  out["health"] = v.monitored ? health_json(*v.monitored, now) : json(nullptr);
  out["server"] = v.monitored ? server_json(*v.monitored, v.route) : json(nullptr);
  out["figures"] = v.pool ? figures_json(*v.pool) : json(nullptr);
  out["sessions"] = sessions_json(v.pool);
  return out;
}

json move_json(const move_note& m, const observation& x) {
  return {{"serial", m.serial},
          {"request", m.request},
          {"time", iso_time(x.wall_of(m.at))},
          {"name", m.name},
          {"token", m.token},
          {"from", m.from},
          {"to", m.to},
          {"cause", to_string(m.why)},
          {"sqlstate", m.sqlstate},
          {"message", m.message},
          {"proof", to_string(m.proved)},
          {"attempts", m.attempts}};
}

json monitor_json(const monitor_status& m, const observation& x) {
  constexpr std::size_t moves_shown = 20;
  json moves = json::array();
  const auto first = m.moves.size() - std::min(m.moves.size(), moves_shown);
  for (auto i = first; i < m.moves.size(); ++i) moves.push_back(move_json(m.moves[i], x));
  return {{"answers", m.table != nullptr},
          {"generation", m.table ? m.table->generation : 0},
          {"parked", m.parked},
          {"parked_total", m.parked_total},
          {"moved", m.moved},
          {"answered", m.answered},
          {"last_moves", std::move(moves)}};
}

json children_json(const manager_status& x) {
  json out = json::array();
  for (const auto& c : x.children) out.push_back({{"name", c.name}, {"alive", c.alive}, {"restarts", c.restarts}});
  return out;
}

json credentials_json(const carrier_status& x) {
  json out = json::array();
  for (const auto& c : x.credentials)
    out.push_back({{"pool", c.pool},
                   {"source", c.source},
                   {"sources", c.sources},
                   {"available", c.available},
                   {"valid", c.valid},
                   {"emergency", c.emergency},
                   {"fetches", c.fetches},
                   {"changes", c.changes},
                   {"age_seconds", seconds(c.age)},
                   {"expires_in_seconds", c.expires_in ? json(seconds(*c.expires_in)) : json(nullptr)},
                   {"leases", c.leases},
                   {"generation", c.generation},
                   {"last_error", c.last_error}});
  return out;
}

json listener_json(const listener_status& x) {
  return {{"state", x.state},
          {"pool", x.pool},
          {"server", x.server},
          {"backend_pid", x.backend_pid},
          {"age_seconds", seconds(x.age)},
          {"silent_seconds", seconds(x.silent)},
          {"wanted", x.wanted},
          {"listening", x.listening},
          {"dials", x.dials},
          {"losses", x.losses},
          {"notifications", x.notifications},
          {"last_problem", x.last_problem}};
}

json event_json(const service_event& e, const observation& x) {
  return {{"serial", e.serial},
          {"time", iso_time(x.wall_of(e.at))},
          {"last_time", iso_time(x.wall_of(e.last_at))},
          {"count", e.count},
          {"kind", to_string(e.kind)},
          {"severity", to_string(e.weight)},
          {"pool", e.pool},
          {"other", e.other},
          {"request", e.request},
          {"sqlstate", e.sqlstate},
          {"text", e.text}};
}

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace

std::string status_json(const observation& x, std::string_view version) {
  const auto& s = x.status;
  const auto* table = s.monitor.table.get();
  json pools = json::array();
  for (const auto& v : pools_of(s)) pools.push_back(pool_json(v, x.at));
  const json out{{"schema", "tripool-status/1"},
                 {"time", iso_time(x.wall)},
                 {"version", version},
                 {"pid", x.pid != 0 ? x.pid : std::int64_t{::getpid()}},
                 {"uptime_seconds", std::chrono::duration<double>(x.wall - x.began).count()},
                 {"serves", {{"reads", table && table->has_reader()}, {"writes", table && table->has_writer()}}},
                 {"delegate", delegate_json(s.delegate)},
                 {"manager", {{"children", children_json(s.manager)}}},
                 {"monitor", monitor_json(s.monitor, x)},
                 {"pools", std::move(pools)},
                 {"credentials", credentials_json(s.carrier)},
                 {"listener", listener_json(s.listener)},
                 {"loop",
                  {{"wakeups", s.loop.wakeups},
                   {"jobs", s.loop.jobs},
                   {"events", s.loop.events},
                   {"actors", s.loop.actors},
                   {"longest_turn_seconds", seconds(s.loop.longest_turn)}}}};
  return dump(out);
}

std::string events_json(const events_reply& what, const observation& x) {
  json all = json::array();
  for (const auto& e : what.events) all.push_back(event_json(e, x));
  return dump({{"began", iso_time(x.began)}, {"last_serial", what.last_serial}, {"events", std::move(all)}});
}

std::string story_json(const request_story& what, std::uint64_t request, const observation& x) {
  json moves = json::array();
  json events = json::array();
  json answers = json::array();
  for (const auto& m : what.moves) moves.push_back(move_json(m, x));
  for (const auto& e : what.events) events.push_back(event_json(e, x));
  for (const auto& a : what.answers)
    answers.push_back({{"time", iso_time(x.wall_of(a.at))},
                       {"outcome", to_string(a.what.kind)},
                       {"cause", to_string(a.what.why)},
                       {"sqlstate", a.what.sqlstate},
                       {"message", a.what.message},
                       {"hint", a.what.hint},
                       {"pool", a.what.pool},
                       {"name", a.what.name},
                       {"attempts", a.what.attempts},
                       {"spent_seconds", seconds(a.what.spent)}});
  return dump({{"request", request},
               {"moves", std::move(moves)},
               {"events", std::move(events)},
               {"answers", std::move(answers)}});
}

} // namespace tripool::service
