// The pairs, and the errors about them.
#include "tripool/core/config/order_rules.hpp"

#include "tripool/core/config/apply.hpp"

#include <array>

namespace tripool {

namespace {

struct order_rule {
  option_group group;
  std::string_view low;
  std::string_view high;
};

constexpr auto rules = std::to_array<order_rule>({
  {option_group::requests, "deadline", "deadline-max"},
  {option_group::monitor, "trouble-interval-min", "trouble-interval-max"},
  {option_group::monitor, "healthy-within", "degraded-within"},
  {option_group::supervision, "backoff-min", "backoff-max"},
  {option_group::simple_pool, "connections-min", "connections-max"},
  {option_group::pool, "connections-min", "connections-max"},
  {option_group::pool, "frame-max", "pipeline-depth"},
  {option_group::pool, "backoff-min", "backoff-max"},
  {option_group::pool, "codel-target", "codel-interval"},
  {option_group::pool, "breaker-pause-min", "breaker-pause-max"},
});

} // namespace

void check_order(option_group group, options& all, pool_options& pool, const stated_settings& stated,
                 const std::string* pool_name, std::vector<config_error>& errors) {
  for (const auto& rule : rules) {
    if (rule.group != group) continue;
    const auto& low = *find_option(group, rule.low);
    const auto& high = *find_option(group, rule.high);
    const auto low_value = number_of(low, all, pool);
    const auto high_value = number_of(high, all, pool);
    if (low_value <= high_value) continue;
    const auto low_stated = stated.find(&low);
    const auto high_stated = stated.find(&high);
    if (low_stated == stated.end()) {
      store_number(low, high_value, all, pool);
      continue;
    }
    auto message = "is above " + std::string{rule.high} + " = " + number_text(high, high_value);
    if (high_stated == stated.end())
      message += ", its default";
    else if (high_stated->second->origin.line > 0)
      message += " in line " + std::to_string(high_stated->second->origin.line);
    // The key names the pool that is concerned, also when the value came from pool-defaults.
    auto path = low_stated->second->path;
    if (pool_name != nullptr) path = {"pools", *pool_name, std::string{rule.low}};
    errors.push_back({low_stated->second->origin, full_key(path), number_text(low, low_value), std::move(message)});
  }
}

} // namespace tripool
