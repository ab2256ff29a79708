// The keys of the simple pool: whose server it is, how large it is, and when it stands in.
// Knows no pool. Used by option_table.cpp only.
#include "tripool/core/config/option_table_simple.hpp"

#include "tripool/core/config/option_table_pool.hpp"

namespace tripool::detail {

namespace {

constexpr auto group = option_group::simple_pool;

#define TRIPOOL_FIELD(path) [](options& o, pool_options&) -> field_ref { return &o.simple.path; }

option_spec count(std::string_view key, field_ref (*field)(options&, pool_options&), std::int64_t min, std::int64_t max,
                  std::string_view unit, std::string_view doc) {
  return {.key = key,
          .group = group,
          .type = option_type::count,
          .field = field,
          .min = min,
          .max = max,
          .unit = unit,
          .doc = doc};
}

option_spec time(std::string_view key, field_ref (*field)(options&, pool_options&), std::int64_t min, std::int64_t max,
                 std::string_view doc) {
  return {
    .key = key, .group = group, .type = option_type::time_span, .field = field, .min = min, .max = max, .doc = doc};
}

} // namespace

void add_simple_pool_options(std::vector<option_spec>& to) {
  to.push_back({.key = "pool",
                .group = group,
                .type = option_type::text,
                .field = TRIPOOL_FIELD(pool),
                .default_note = "the pool that took writes last, at first the first one",
                .doc = "The pool whose server, credentials and other settings the simple pool has."});
  to.push_back(count("connections-min", TRIPOOL_FIELD(connections_min), 0, 100, "connections",
                     "So many connections are kept open while the simple pool serves."));
  to.push_back(count("connections-max", TRIPOOL_FIELD(connections_max), 1, 100, "connections",
                     "It never has more. The server must allow them beside those of the other pools."));
  to.push_back(count("queue-max", TRIPOOL_FIELD(queue_max), 1, 1'000'000, "requests",
                     "So many requests may wait; further ones are answered `not_executed` at once."));
  to.push_back(time("queue-wait-max", TRIPOOL_FIELD(queue_wait_max), one_ms, one_hour,
                    "The longest that a request waits in its queue, whatever its deadline."));
  to.push_back(time("silence-max", TRIPOOL_FIELD(silence_max), 100 * one_ms, one_minute,
                    "The simple pool serves once the pool manager or the monitor has been gone or silent for this "
                    "long."));
  to.push_back(time("return-after", TRIPOOL_FIELD(return_after), 0, one_hour,
                    "The resilient part serves again once both have been answering for this long."));
}

#undef TRIPOOL_FIELD

} // namespace tripool::detail
