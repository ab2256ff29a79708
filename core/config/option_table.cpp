// The table's keys outside the pools, and what can be said about any key.
#include "tripool/core/config/option_table.hpp"

#include "tripool/core/config/option_table_pool.hpp"
#include "tripool/core/config/option_table_simple.hpp"
#include "tripool/core/config/quantity.hpp"

#include <array>

namespace tripool {

namespace {

using namespace detail;

constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info", "warn", "error", "off"};

#define TRIPOOL_FIELD(path) [](options& o, pool_options&) -> field_ref { return &o.path; }

void add_top_options(std::vector<option_spec>& to) {
  to.push_back({.key = "log-level",
                .type = option_type::text,
                .field = TRIPOOL_FIELD(log_level),
                .choices = log_levels,
                .doc = "How much is logged. Parameters of statements and secrets are logged at no level."});
  to.push_back({.key = "drain-timeout",
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(drain_timeout),
                .min = 0,
                .max = one_hour,
                .doc = "How long a stop waits for requests in flight before it answers them itself."});
  to.push_back({.key = "resilience",
                .type = option_type::boolean,
                .field = TRIPOOL_FIELD(resilience),
                .doc = "`false` serves everything from the simple pool, with one server, no monitor and no failover."});
  to.push_back({.key = "loop-block-limit",
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(loop_block_limit),
                .min = 0,
                .max = one_minute,
                .doc = "A turn of the event loop that lasts for longer, because an actor on it blocks, is logged, "
                       "counted and noted as an event; `0s`: none is."});
}

void add_request_options(std::vector<option_spec>& to) {
  constexpr auto group = option_group::requests;
  to.push_back({.key = "deadline",
                .group = group,
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(requests.deadline),
                .min = one_ms,
                .max = 24 * one_hour,
                .doc = "The time in which a request is answered when it names none itself."});
  to.push_back({.key = "deadline-max",
                .group = group,
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(requests.deadline_max),
                .min = one_ms,
                .max = 24 * one_hour,
                .doc = "The longest time that a request may ask for; longer ones are shortened to it."});
  to.push_back({.key = "attempts-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(requests.attempts_max),
                .min = 1,
                .max = 3,
                .unit = "attempts",
                .doc = "How often a request that provably did not run is tried in all, each time on another pool."});
  to.push_back({.key = "cancellable-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(requests.cancellable_max),
                .min = 0,
                .max = 10'000'000,
                .unit = "requests",
                .doc = "So many unanswered requests may have a cancel key or be cancelled with their caller; further "
                       "ones are answered `not_executed` at once."});
  to.push_back({.key = "list-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(requests.list_max),
                .min = 1,
                .max = 1'000'000,
                .unit = "statements",
                .doc = "So many independent statements may come in one message (`statement_list`)."});
}

void add_monitor_options(std::vector<option_spec>& to) {
  constexpr auto group = option_group::monitor;
  const auto add_duration = [&](std::string_view key, field_ref (*field)(options&, pool_options&), std::int64_t min,
                                std::int64_t max, std::string_view doc) {
    to.push_back(
      {.key = key, .group = group, .type = option_type::time_span, .field = field, .min = min, .max = max, .doc = doc});
  };
  add_duration("heartbeat-interval", TRIPOOL_FIELD(monitor.heartbeat_interval), 10 * one_ms, one_hour,
               "Between two heartbeats to a pool while all is well.");
  add_duration("probe-timeout", TRIPOOL_FIELD(monitor.probe_timeout), 10 * one_ms, one_minute,
               "How long a probe waits for its answer before it counts as a miss.");
  add_duration("trouble-interval-min", TRIPOOL_FIELD(monitor.trouble_interval_min), 10 * one_ms, one_minute,
               "Between two probes as soon as something looks wrong ...");
  add_duration("trouble-interval-max", TRIPOOL_FIELD(monitor.trouble_interval_max), 10 * one_ms, one_hour,
               "... growing to this while the trouble lasts.");
  add_duration("healthy-within", TRIPOOL_FIELD(monitor.healthy_within), one_ms, one_minute,
               "A heartbeat answered within this time leaves the pool healthy.");
  add_duration("degraded-within", TRIPOOL_FIELD(monitor.degraded_within), one_ms, 10 * one_minute,
               "A slower one within this time makes it degraded (used after the healthy ones), a still slower one "
               "unhealthy.");
  to.push_back({.key = "misses-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(monitor.misses_max),
                .min = 1,
                .max = 100,
                .unit = "misses",
                .doc = "So many unanswered probes in a row make a pool unhealthy."});
  add_duration("stable-for", TRIPOOL_FIELD(monitor.stable_for), 0, one_hour,
               "A pool that came back serves new requests once it has been well for this long; at once when no other "
               "pool is healthy.");
  to.push_back({.key = "parked-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(monitor.parked_max),
                .min = 0,
                .max = 1'000'000,
                .unit = "requests",
                .doc = "So many requests may wait for any pool to become usable while none is."});
}

void add_supervision_options(std::vector<option_spec>& to) {
  constexpr auto group = option_group::supervision;
  to.push_back({.key = "backoff-min",
                .group = group,
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(supervision.backoff_min),
                .min = one_ms,
                .max = one_minute,
                .doc = "The first pause before an actor that died is started again ..."});
  to.push_back({.key = "backoff-max",
                .group = group,
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(supervision.backoff_max),
                .min = one_ms,
                .max = one_hour,
                .doc = "... doubling up to this."});
  to.push_back({.key = "restarts-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(supervision.restarts_max),
                .min = 1,
                .max = 1000,
                .unit = "restarts",
                .doc =
                  "So many restarts of one child within `restarts-window`; then its supervisor waits for that long "
                  "before it starts it again."});
  to.push_back({.key = "restarts-window",
                .group = group,
                .type = option_type::time_span,
                .field = TRIPOOL_FIELD(supervision.restarts_window),
                .min = one_second,
                .max = 24 * one_hour,
                .doc = "The time over which restarts are counted."});
}

void add_listening_options(std::vector<option_spec>& to) {
  constexpr auto group = option_group::listening;
  to.push_back({.key = "channels-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(listening.channels_max),
                .min = 0,
                .max = 10'000,
                .unit = "channels",
                .doc = "So many channels may be listened to at a time, all on one connection; 0 refuses subscriptions, "
                       "for example behind a pooler that cannot carry LISTEN."});
  to.push_back({.key = "subscriptions-max",
                .group = group,
                .type = option_type::count,
                .field = TRIPOOL_FIELD(listening.subscriptions_max),
                .min = 1,
                .max = 1'000'000,
                .unit = "subscriptions",
                .doc = "So many pairs of a subscriber and a channel there may be, and as many requests for them may "
                       "wait."});
}

#undef TRIPOOL_FIELD

std::vector<option_spec> make_table() {
  std::vector<option_spec> out;
  add_top_options(out);
  add_request_options(out);
  add_monitor_options(out);
  add_supervision_options(out);
  add_listening_options(out);
  add_simple_pool_options(out);
  add_pool_options(out);
  return out;
}

std::string join_choices(std::span<const std::string_view> xs) {
  std::string out;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (i > 0) out += i + 1 == xs.size() ? " or " : ", ";
    out.append("\"").append(xs[i]).append("\"");
  }
  return out;
}

struct default_printer {
  option_type type;
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const duration* x) const { return format_duration(*x); }
  std::string operator()(const std::size_t* x) const { return integer(static_cast<std::int64_t>(*x)); }
  std::string operator()(const std::uint32_t* x) const { return integer(*x); }
  std::string operator()(const std::uint16_t* x) const { return integer(*x); }
  std::string operator()(const bool* x) const { return *x ? "true" : "false"; }
  std::string operator()(const std::string* x) const { return x->empty() ? "" : '"' + *x + '"'; }
  std::string integer(std::int64_t x) const {
    return type == option_type::size ? '"' + format_bytes(x) + '"' : std::to_string(x);
  }
};

} // namespace

std::span<const option_spec> option_table() {
  static const std::vector<option_spec> table = make_table();
  return table;
}

const option_spec* find_option(option_group group, std::string_view key) {
  for (const auto& x : option_table())
    if (x.group == group && x.key == key) return &x;
  return nullptr;
}

std::vector<std::string_view> option_names(option_group group) {
  std::vector<std::string_view> out;
  for (const auto& x : option_table())
    if (x.group == group) out.push_back(x.key);
  return out;
}

std::string allowed_text(const option_spec& x) {
  switch (x.type) {
    case option_type::time_span: {
      auto out = format_duration(duration{x.min}) + " to " + format_duration(duration{x.max});
      if (x.step > 1) out += " in steps of " + format_duration(duration{x.step});
      return out;
    }
    case option_type::count: {
      auto out = std::to_string(x.min) + " to " + std::to_string(x.max);
      if (!x.unit.empty()) out.append(" ").append(x.unit);
      return out;
    }
    case option_type::size: return format_bytes(x.min) + " to " + format_bytes(x.max);
    case option_type::boolean: return "true or false";
    case option_type::text: return x.choices.empty() ? "a text in double quotes" : join_choices(x.choices);
    case option_type::path: return "a path in double quotes";
  }
  return {};
}

std::string default_text(const option_spec& x) {
  if (!x.default_note.empty()) return std::string{x.default_note};
  if (x.field == nullptr) return {};
  options o;
  pool_options p;
  return std::visit(default_printer{x.type}, x.field(o, p));
}

std::string_view group_name(option_group x) {
  switch (x) {
    case option_group::top: return "";
    case option_group::requests: return "requests";
    case option_group::monitor: return "monitor";
    case option_group::supervision: return "supervision";
    case option_group::listening: return "listening";
    case option_group::simple_pool: return "simple-pool";
    case option_group::pool: return "pools.NAME";
  }
  return "";
}

} // namespace tripool
