// The checks.
#include "tripool/core/control/control_check.hpp"

#include <algorithm>

namespace tripool {

namespace {

constexpr std::uint64_t connections_bound = 1000; // As in the option table.

failure refused(std::string message, std::string hint) {
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::invalid_request;
  f.message = std::move(message);
  f.hint = std::move(hint);
  return f;
}

} // namespace

failure no_such_pool(const options& in, std::string_view name) {
  auto f = refused("there is no pool named \"" + std::string{name.substr(0, 100)} + "\"", "configured pools:");
  f.why = cause::unknown_pool;
  for (const auto& p : in.pools) f.hint += " " + p.name;
  return f;
}

std::optional<failure> check_sizes(std::uint64_t connections_min, std::uint64_t connections_max) {
  const auto given = std::to_string(connections_min) + " to " + std::to_string(connections_max) + " connections";
  if (connections_max < 1 || connections_max > connections_bound)
    return refused(given + ": the most must be 1 to 1000", "name another number");
  if (connections_min > connections_max)
    return refused(given + ": the least is more than the most", "name the smaller number first");
  return std::nullopt;
}

std::optional<failure> check_failover(const failover_order& x, const routing_table* table, const operator_orders& now) {
  if (x.from == x.to) return refused("a failover needs two different pools", "name another pool as its target");
  if (now.holds(x.to)) return refused("the target is held itself", "release it first");
  if (!table || std::max(x.from, x.to) >= table->routes.size())
    return refused("the monitor has not probed the pools yet", "try again in a moment");
  const auto& from = table->routes[x.from];
  const auto& to = table->routes[x.to];
  if (x.anyway) return std::nullopt;
  const auto why = to.reason.empty() ? std::string{} : " (" + to.reason + ")";
  if (!to.usable_for_reads && !to.usable_for_writes)
    return refused("pool " + to.name + " serves nothing at the moment" + why, "mend its server first, or force it");
  if (from.usable_for_writes && !to.usable_for_writes)
    return refused("pool " + to.name + " takes no writes" + why + ": nobody would take them",
                   "promote its server first, or force it");
  return std::nullopt;
}

std::optional<failure> check_hold(std::size_t pool, const routing_table* table, const operator_orders& now,
                                  bool anyway) {
  if (anyway || !table) return std::nullopt;
  const auto serves = [&](const pool_route& r) {
    return (r.usable_for_reads || r.usable_for_writes) && !now.holds(r.index);
  };
  const bool others = std::ranges::any_of(table->routes, [&](const auto& r) { return r.index != pool && serves(r); });
  const bool itself = pool < table->routes.size() && serves(table->routes[pool]);
  if (others || !itself) return std::nullopt;
  return refused("no other pool serves anything: every request would wait in vain",
                 "wait until another pool is healthy, or force it");
}

} // namespace tripool
