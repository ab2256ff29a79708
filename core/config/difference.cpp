// Comparing by the option table, so that no key is forgotten.
#include "tripool/core/config/difference.hpp"

#include "tripool/core/config/option_table.hpp"
#include "tripool/core/config/quantity.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>

namespace tripool {

namespace {

struct value_printer {
  option_type type;
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const duration* x) const { return format_duration(*x); }
  std::string operator()(const bool* x) const { return *x ? "true" : "false"; }
  std::string operator()(const std::string* x) const { return '"' + *x + '"'; }
  template <class T>
  std::string operator()(const T* x) const {
    return std::to_string(*x);
  }
};

/// The field's value as one would write it.
std::string value_of(const option_spec& spec, options& all, pool_options& pool) {
  return std::visit(value_printer{spec.type}, spec.field(all, pool));
}

void compare(options& before, pool_options& pool_before, options& after, pool_options& pool_after, bool of_pool,
             std::vector<changed_key>& out) {
  for (const auto& spec : option_table()) {
    if ((spec.group == option_group::pool) != of_pool || spec.field == nullptr) continue;
    auto x = value_of(spec, before, pool_before);
    auto y = value_of(spec, after, pool_after);
    if (x == y) continue;
    std::string key = of_pool ? "pools." + pool_after.name : std::string{group_name(spec.group)};
    if (!key.empty()) key += '.';
    key += spec.key;
    if (spec.is_secret) x = y = "(not shown)";
    out.push_back({std::move(key), std::move(x), std::move(y)});
  }
}

/// Whether it says where secrets come from: the carrier's sources are made when the service starts.
bool names_secret(std::string_view key) {
  const auto last = key.substr(key.rfind('.') + 1);
  constexpr std::string_view names[] = {"password-file",    "password-variable", "passfile",
                                        "secret-directory", "secret-name",       "systemd-credential",
                                        "ssl-cert",         "ssl-key",           "ssl-key-passphrase-file"};
  return last.starts_with("credential") || std::ranges::find(names, last) != std::end(names);
}

/// Whether it is read only when the service starts. `resilience`: else the simple pool alone serves, which keeps its
/// server and its settings for as long as it lives.
bool is_fixed(std::string_view key, bool resilience) {
  constexpr std::string_view names[] = {"resilience", "drain-timeout", "loop-block-limit", "requests.cancellable-max",
                                        "monitor.parked-max"};
  constexpr std::string_view groups[] = {"supervision.", "listening.", "simple-pool."};
  const auto in_group = [&](std::string_view x) { return key.starts_with(x); };
  const bool of_pool = key.starts_with("pools.");
  return std::ranges::find(names, key) != std::end(names) || std::ranges::any_of(groups, in_group)
         || (of_pool && (!resilience || key.ends_with(".enabled") || names_secret(key)));
}

failure needs_restart(std::string what) {
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::invalid_request;
  f.message = std::move(what);
  f.hint = "restart the service with the new configuration; the old one stays in force until then";
  return f;
}

} // namespace

std::vector<changed_key> changed_keys(const options& before, const options& after) {
  // The table's accessors want something to write to.
  auto x = before;
  auto y = after;
  pool_options none_x;
  pool_options none_y;
  std::vector<changed_key> out;
  compare(x, none_x, y, none_y, false, out);
  for (std::size_t i = 0; i < std::min(x.pools.size(), y.pools.size()); ++i)
    compare(x, x.pools[i], y, y.pools[i], true, out);
  return out;
}

expected<std::vector<changed_key>, failure> check_reload(const options& before, const options& after) {
  const auto same_name = [](const pool_options& x, const pool_options& y) { return x.name == y.name; };
  if (!std::ranges::equal(before.pools, after.pools, same_name))
    return unexpected{needs_restart("the configuration names other pools, or the same ones in another order")};
  auto changes = changed_keys(before, after);
  const auto fixed =
    std::ranges::find_if(changes, [&](const changed_key& x) { return is_fixed(x.key, before.resilience); });
  if (fixed != changes.end()) return unexpected{needs_restart(fixed->key + " is read only when the service starts")};
  return changes;
}

} // namespace tripool
