// Families of metrics, made anew from each look: the actors count, this only names.
#include "service/inspect/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>
#include <vector>

namespace tripool::service {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

class families {
public:
  void counter(const char* name, const char* help, labels l, double value) {
    ClientMetric m;
    m.label = std::move(l);
    m.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(m));
  }
  void gauge(const char* name, const char* help, labels l, double value) {
    ClientMetric m;
    m.label = std::move(l);
    m.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(m));
  }
  void histogram(const char* name, const char* help, labels l, const tripool::histogram& x) {
    ClientMetric m;
    m.label = std::move(l);
    m.histogram.sample_count = x.count();
    m.histogram.sample_sum = seconds(x.sum());
    // 100 us to 50 s, three bounds a decade.
    const auto& bounds = tripool::histogram::bounds();
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      const auto in_decade = i % 10; // 1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8
      const bool shown = in_decade == 0 || in_decade == 4 || in_decade == 7;
      if (!shown || bounds[i] < std::chrono::microseconds{100}) continue;
      m.histogram.bucket.push_back({x.up_to(i), seconds(bounds[i])});
    }
    m.histogram.bucket.push_back({x.count(), std::numeric_limits<double>::infinity()});
    family(name, help, MetricType::Histogram).metric.push_back(std::move(m));
  }
  std::string text() const { return prometheus::TextSerializer{}.Serialize(all_); }

private:
  MetricFamily& family(const char* name, const char* help, MetricType type) {
    const auto known = std::ranges::find(all_, name, &MetricFamily::name);
    if (known != all_.end()) return *known;
    MetricFamily f;
    f.name = name;
    f.help = help;
    f.type = type;
    return all_.emplace_back(std::move(f));
  }

  std::vector<MetricFamily> all_;
};

double one_if(bool x) {
  return x ? 1 : 0;
}

double of(std::uint64_t x) {
  return static_cast<double>(x);
}

void add_service(families& to, const observation& x, std::string_view version) {
  const auto& s = x.status;
  const auto& d = s.delegate;
  const auto* table = s.monitor.table.get();
  to.gauge("tripool_build_info", "Always 1; the label says which version runs.", {{"version", std::string{version}}},
           1);
  to.gauge("tripool_start_time_seconds", "When the service was started, in seconds since 1970.", {},
           std::chrono::duration<double>(x.began.time_since_epoch()).count());
  to.gauge("tripool_serves", "Whether any pool serves such requests.", {{"access", "read"}},
           one_if(table && table->has_reader()));
  to.gauge("tripool_serves", "", {{"access", "write"}}, one_if(table && table->has_writer()));
  const auto answers = "Requests of callers that were answered, by outcome.";
  to.counter("tripool_requests_total", answers, {{"outcome", "done"}}, of(d.answers.done));
  to.counter("tripool_requests_total", answers, {{"outcome", "rejected"}}, of(d.answers.rejected));
  to.counter("tripool_requests_total", answers, {{"outcome", "not_executed"}}, of(d.answers.not_executed));
  to.counter("tripool_requests_total", answers, {{"outcome", "in_doubt"}}, of(d.answers.in_doubt));
  for (std::size_t i = 1; i < causes_count; ++i)
    to.counter("tripool_failures_total", "Answers that were failures, by cause.",
               {{"cause", std::string{to_string(static_cast<cause>(i))}}}, of(d.answers.by_cause[i]));
  to.counter("tripool_requests_received_total", "Requests that came in.", {}, of(d.received));
  to.counter("tripool_requests_rescued_total", "Requests whose holder died and that were routed anew.", {},
             of(d.rescued));
  to.counter("tripool_requests_cancelled_total", "Requests that their callers took back.", {}, of(d.cancels));
  to.counter("tripool_doubts_settled_total", "Requests whose lost answer was settled before they were answered.", {},
             of(d.settled));
  to.counter("tripool_requests_moved_total", "Requests that found another pool.", {}, of(s.monitor.moved));
  to.gauge("tripool_requests_parked", "Requests that wait for any pool to serve them.", {}, of(s.monitor.parked));
  to.gauge("tripool_fallback", "1 while the simple pool, or nobody, serves instead of the resilient part.", {},
           one_if(d.fallback.mode != service_mode::resilient));
  to.counter("tripool_routing_tables_total", "Routing tables published: every change of health or role makes one.", {},
             of(d.table_generation));
}

void add_supervision(families& to, const service_status& s) {
  to.counter("tripool_restarts_total", "Restarts of supervised actors.", {{"actor", "pool_manager"}},
             of(s.delegate.manager_restarts));
  for (const auto& c : s.manager.children) {
    to.counter("tripool_restarts_total", "", {{"actor", c.name}}, of(c.restarts));
    to.gauge("tripool_actor_alive", "Whether the actor runs.", {{"actor", c.name}}, one_if(c.alive));
  }
  for (const auto& c : s.carrier.credentials) {
    to.gauge("tripool_credential_available", "Whether the pool's secret could be had when it was needed last.",
             {{"pool", c.pool}}, one_if(c.available));
    to.counter("tripool_credential_changes_total", "How often the secret was another than before.", {{"pool", c.pool}},
               of(c.changes));
  }
  const auto& l = s.listener;
  to.gauge("tripool_listener_channels", "Channels that somebody subscribes to.", {}, of(l.wanted));
  to.gauge("tripool_listener_channels_listening", "Channels that the server listens to.", {}, of(l.listening));
  to.counter("tripool_listener_losses_total", "Listening sessions lost, or not even opened.", {}, of(l.losses));
  to.counter("tripool_notifications_total", "Notifications received.", {}, of(l.notifications));
  to.counter("tripool_notification_gaps_total", "How often notifications may have been lost.", {},
             of(s.delegate.subscriptions.gaps));
  to.gauge("tripool_loop_longest_turn_seconds", "The longest time that the event loop was busy with one turn.", {},
           seconds(s.loop.longest_turn));
  to.gauge("tripool_loop_actors", "Actors on the event loop.", {}, of(s.loop.actors));
}

void add_health(families& to, const pool_view& v, const labels& pool, time_point now) {
  const auto with = [&](const char* name, std::string value) {
    auto out = pool;
    out.push_back({name, std::move(value)});
    return out;
  };
  if (v.route) {
    const auto help = "Whether the pool serves such requests.";
    to.gauge("tripool_pool_serves", help, with("access", "read"), one_if(v.route->usable_for_reads));
    to.gauge("tripool_pool_serves", help, with("access", "write"), one_if(v.route->usable_for_writes));
    to.gauge("tripool_pool_held", "Whether an operator holds the pool.", pool, one_if(v.route->held));
    if (v.route->lag_bytes)
      to.gauge("tripool_server_lag_bytes", "How far a standby is behind the primary at least.", pool,
               of(*v.route->lag_bytes));
  }
  if (!v.monitored) return;
  const auto& h = v.monitored->health;
  for (const auto x : {health_state::unknown, health_state::healthy, health_state::degraded, health_state::recovering,
                       health_state::unhealthy})
    to.gauge("tripool_pool_health", "1 for the state of health that the pool is in.",
             with("state", std::string{to_string(x)}), one_if(h.state == x));
  to.gauge("tripool_pool_health_seconds", "For how long the pool has been in its state of health.", pool,
           seconds(now - h.since));
  for (const auto x : {server_role::unknown, server_role::primary, server_role::standby})
    to.gauge("tripool_server_role", "1 for the role that the pool's server has.",
             with("role", std::string{to_string(x)}), one_if(h.facts.role == x));
  if (h.facts.timeline) to.gauge("tripool_server_timeline", "The server's timeline.", pool, of(*h.facts.timeline));
  if (h.facts.replay_lag)
    to.gauge("tripool_server_replay_lag_seconds", "Age of the last commit that a standby replayed.", pool,
             seconds(*h.facts.replay_lag));
  if (h.latency)
    to.gauge("tripool_probe_latency_seconds", "How long the last answered probe took.", pool, seconds(*h.latency));
  if (h.last_answer)
    to.gauge("tripool_heartbeat_age_seconds", "Since the server answered a probe or a request last.", pool,
             seconds(v.monitored->heartbeat_age));
  to.counter("tripool_probes_total", "Probes that ended.", with("result", "answered"), of(h.probes_answered));
  to.counter("tripool_probes_total", "Probes that ended.", with("result", "failed"), of(h.probes_failed));
  to.counter("tripool_pool_health_changes_total", "How often the state of health changed.", pool, of(h.transitions));
}

void add_figures(families& to, const pool_status& p, const labels& pool) {
  const auto with = [&](const char* name, std::string value) {
    auto out = pool;
    out.push_back({name, std::move(value)});
    return out;
  };
  const auto& s = p.stats;
  const auto& n = s.connections;
  const std::array<std::pair<const char*, std::size_t>, 6> states{{{"idle", n.idle},
                                                                   {"busy", n.busy},
                                                                   {"dialling", n.dialling},
                                                                   {"lent", n.lent},
                                                                   {"retiring", n.retiring},
                                                                   {"closing", n.closing}}};
  for (const auto& [state, count] : states)
    to.gauge("tripool_pool_connections", "Connections by state.", with("state", state), of(count));
  to.gauge("tripool_pool_connections_min", "So many are kept open.", pool, of(s.connections_min));
  to.gauge("tripool_pool_connections_max", "Never more than this.", pool, of(s.connections_max));
  to.gauge("tripool_pool_outstanding", "Requests in the hands of connections.", pool, of(s.outstanding));
  to.gauge("tripool_pool_queue_length", "Requests that wait.", pool, of(s.queued));
  to.gauge("tripool_pool_queue_max", "So many may wait.", pool, of(s.queue_max));
  to.gauge("tripool_pool_oldest_wait_seconds", "How long the oldest of them has waited.", pool, seconds(s.oldest_wait));
  to.gauge("tripool_pool_overloaded", "Whether the queue has been too slow for a whole interval.", pool,
           one_if(s.overloaded));
  to.gauge("tripool_pool_longest_lent_seconds", "For how long a borrower has had a connection, at most.", pool,
           seconds(s.longest_lent));
  to.histogram("tripool_pool_wait_seconds", "Waits in the queue, of requests that were handed to a connection.", pool,
               p.measures.wait);
  to.histogram("tripool_pool_service_seconds", "From a request's hand-over to a connection to its answer.", pool,
               p.measures.service);
  for (const auto x : {outcome::done, outcome::rejected, outcome::not_executed, outcome::in_doubt})
    to.counter("tripool_pool_answers_total", "Requests that the pool's connections answered, by outcome.",
               with("outcome", std::string{to_string(x)}), of(p.measures.answered[static_cast<std::size_t>(x)]));
  const auto& c = s.counters;
  to.counter("tripool_pool_moved_total", "Requests that left for another pool.", pool, of(c.moved));
  to.counter("tripool_pool_expired_total", "Requests whose time was over while they waited.", pool, of(c.expired));
  to.counter("tripool_pool_shed_total", "Requests that were answered because of overload.", pool, of(c.shed));
  to.counter("tripool_pool_dials_total", "Dials that began.", pool, of(c.dials));
  to.counter("tripool_pool_dial_failures_total", "Dials that failed.", pool, of(c.dial_failures));
  to.counter("tripool_pool_connections_lost_total", "Open connections that broke.", pool, of(c.lost));
  to.counter("tripool_pool_connections_evicted_total", "Open connections thrown away for their server's sake.", pool,
             of(c.evicted));
  to.counter("tripool_pool_connections_retired_total", "Connections closed at the end of their lifetime.", pool,
             of(c.retired));
}

} // namespace

std::string metrics_text(const observation& x, std::string_view version, std::uint64_t log_dropped) {
  families all;
  add_service(all, x, version);
  all.counter("tripool_log_lines_dropped_total", "Lines of the log that could not be written in time.", {},
              of(log_dropped));
  add_supervision(all, x.status);
  for (const auto& v : pools_of(x.status)) {
    const labels pool{{"pool", v.name}};
    add_health(all, v, pool, x.at);
    if (v.pool) add_figures(all, *v.pool, pool);
  }
  return all.text();
}

} // namespace tripool::service
