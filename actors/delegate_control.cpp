// The delegate's part in operators' orders: it checks them with core, changes the orders in force, and tells monitor
// and pools. Everything here runs on the loop, as the monitor does, which reads the orders.
#include "tripool/actors/delegate.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/core/config/difference.hpp"
#include "tripool/core/control/control_check.hpp"
#include "tripool/core/pipeline/server_timeout.hpp"

#include <utility>

namespace tripool {

namespace {

/// Whether the sessions of a pool are outdated by a change of this key: all but its sizes and queue, and what the
/// monitor judges it by.
bool concerns_sessions(std::string_view key) {
  for (const auto* x :
       {".connections-min", ".connections-max", ".queue-max", ".queue-wait-max", ".codel-target", ".codel-interval",
        ".leases-max", ".idle-timeout", ".idle-check-interval", ".retry-percent", ".retry-floor", ".breaker-percent",
        ".breaker-requests-min", ".breaker-pause-min", ".breaker-pause-max"})
    if (key.ends_with(x)) return false;
  return true;
}

} // namespace

caf::message_handler delegate::control_handlers() {
  return {
    [this](const hold_pool& x) { return carry_out(x); },      [this](const release_pool& x) { return carry_out(x); },
    [this](const force_failover& x) { return carry_out(x); }, [this](const end_failover& x) { return carry_out(x); },
    [this](const resize_pool& x) { return carry_out(x); },    [this](const recycle_pool& x) { return carry_out(x); },
    [this](const reload_options& x) { return carry_out(x); }, [this](const set_log_level& x) { return carry_out(x); },
  };
}

caf::error delegate::note_refusal(failure f, const std::string& pool) {
  service_event e;
  e.kind = event_kind::control;
  e.weight = severity::warning;
  e.pool = pool;
  e.text = "refused: " + f.message;
  note(std::move(e));
  return make_error(std::move(f));
}

caf::result<control_reply> delegate::refused(failure f, const std::string& pool) {
  return note_refusal(std::move(f), pool);
}

caf::result<control_reply> delegate::ordered(std::string text, const std::string& pool) {
  env_->log->warn("by order of an operator: {}", text);
  service_event e;
  e.kind = event_kind::control;
  e.weight = severity::warning;
  e.pool = pool;
  e.text = text;
  note(std::move(e));
  if (who_.monitor) send(who_.monitor, orders_changed_msg{});
  return control_reply{std::move(text)};
}

caf::result<control_reply> delegate::carry_out(const hold_pool& x) {
  const auto i = find_pool(env_->config, x.pool);
  if (!i) return refused(no_such_pool(env_->config, x.pool));
  auto& orders = *env_->orders;
  if (auto f = check_hold(*i, table_.get(), orders, x.anyway)) return refused(std::move(*f), x.pool);
  orders.held |= std::uint32_t{1} << *i;
  if (x.empty) orders.emptied |= std::uint32_t{1} << *i;
  if (orders.preferred == i) orders.preferred.reset();
  return ordered("pool " + x.pool + " serves nothing until it is released"
                   + (x.empty ? "; its connections close as they become free" : ""),
                 x.pool);
}

caf::result<control_reply> delegate::carry_out(const release_pool& x) {
  const auto i = find_pool(env_->config, x.pool);
  if (!i) return refused(no_such_pool(env_->config, x.pool));
  auto& orders = *env_->orders;
  const auto bit = std::uint32_t{1} << *i;
  const bool held = orders.holds(*i);
  orders.held &= ~bit;
  orders.emptied &= ~bit;
  return ordered("pool " + x.pool + (held ? " is released and serves as its health allows" : " was not held"), x.pool);
}

caf::result<control_reply> delegate::carry_out(const force_failover& x) {
  const auto from = find_pool(env_->config, x.from);
  const auto to = find_pool(env_->config, x.to);
  if (!from || !to) return refused(no_such_pool(env_->config, from ? x.to : x.from));
  auto& orders = *env_->orders;
  if (auto f = check_failover({*from, *to, x.anyway}, table_.get(), orders)) return refused(std::move(*f), x.from);
  orders.held |= std::uint32_t{1} << *from;
  orders.preferred = *to;
  return ordered("failover from " + x.from + " to " + x.to + ": " + x.from + " serves nothing until it is released",
                 x.from);
}

caf::result<control_reply> delegate::carry_out(const end_failover&) {
  auto& orders = *env_->orders;
  const bool any = orders.held != 0 || orders.preferred.has_value();
  orders = {};
  return ordered(any ? "every pool serves again as its health and its place allow" : "no order was in force");
}

caf::result<control_reply> delegate::carry_out(const resize_pool& x) {
  const auto i = find_pool(env_->config, x.pool);
  if (!i) return refused(no_such_pool(env_->config, x.pool));
  if (auto f = check_sizes(x.connections_min, x.connections_max)) return refused(std::move(*f), x.pool);
  auto fresh = std::make_shared<options>(*env_->current());
  fresh->pools[*i].connections_min = x.connections_min;
  fresh->pools[*i].connections_max = x.connections_max;
  config_ = fresh;
  env_->put_in_force(std::move(fresh));
  if (who_.pools[*i]) send(who_.pools[*i], reloaded_msg{});
  return ordered("pool " + x.pool + " keeps " + std::to_string(x.connections_min) + " to "
                   + std::to_string(x.connections_max) + " connections",
                 x.pool);
}

caf::result<control_reply> delegate::carry_out(const recycle_pool& x) {
  const auto i = find_pool(env_->config, x.pool);
  if (!i) return refused(no_such_pool(env_->config, x.pool));
  if (who_.pools[*i]) send(who_.pools[*i], recycle_msg{});
  return ordered("the connections of pool " + x.pool + " are replaced one by one", x.pool);
}

caf::result<control_reply> delegate::carry_out(const reload_options& x) {
  if (!x.what) return refused(failure{});
  const auto before = env_->current();
  auto fresh = std::make_shared<options>(*x.what);
  fill_session_timeouts(*fresh);
  auto changes = check_reload(*before, *fresh);
  if (!changes) return refused(std::move(changes).error());
  if (changes->empty()) return ordered("the configuration is as it was");
  config_ = fresh;
  env_->put_in_force(fresh);
  fallback_.reloaded();
  reloaded_msg news;
  std::string text = "generation " + std::to_string(env_->generation()) + " of the configuration is in force:";
  for (const auto& c : *changes) {
    text += " " + c.key + " " + c.before + " -> " + c.after + ";";
    for (std::size_t i = 0; i < x.what->pools.size(); ++i)
      if (c.key.starts_with("pools." + x.what->pools[i].name + ".") && concerns_sessions(c.key))
        news.recycle |= std::uint32_t{1} << i;
  }
  text.pop_back();
  recycled_ |= news.recycle;
  for (const auto& p : who_.pools)
    if (p) send(p, news);
  if (who_.monitor) send(who_.monitor, news);
  if (who_.listener) send(who_.listener, news);
  if (before->log_level != x.what->log_level) env_->log->set_level(spdlog::level::from_str(x.what->log_level));
  service_event e;
  e.kind = event_kind::configuration;
  e.text = text;
  note(std::move(e));
  return control_reply{std::move(text)};
}

caf::result<control_reply> delegate::carry_out(const set_log_level& x) {
  const auto level = spdlog::level::from_str(x.level);
  if (level == spdlog::level::off && x.level != "off") {
    failure f;
    f.why = cause::invalid_request;
    f.message = "there is no log level \"" + x.level.substr(0, 40) + "\"";
    f.hint = "trace, debug, info, warn, error or off";
    return refused(std::move(f));
  }
  env_->log->set_level(level);
  return ordered("the log's level is " + x.level);
}

} // namespace tripool
