// Which orders of an operator can be carried out: sizes, pools by their names, failovers. A refusal says why, and what
// to do. Pure functions. Used by the actors that receive the orders, before anything is changed.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/routing/operator_orders.hpp"
#include "tripool/core/routing/routing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// "there is no pool named ...", with the names that there are.
failure no_such_pool(const options& in, std::string_view name);

/// Whether a pool can be resized so.
std::optional<failure> check_sizes(std::uint64_t connections_min, std::uint64_t connections_max);

/// A forced failover: what is served by `from` is served by others from now on, writes by `to`.
struct failover_order {
  std::size_t from = 0;
  std::size_t to = 0;
  bool anyway = false; ///< Even though `to` takes no writes at the moment.
};
/// Null table: the monitor has not probed yet.
std::optional<failure> check_failover(const failover_order& x, const routing_table* table, const operator_orders& now);

/// A pool that is to serve nothing from now on: refused when nobody would serve any more, unless `anyway`. The table
/// may be older than the orders in force.
std::optional<failure> check_hold(std::size_t pool, const routing_table* table, const operator_orders& now,
                                  bool anyway);

} // namespace tripool
