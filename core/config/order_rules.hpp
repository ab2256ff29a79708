// Pairs of keys of which one may not exceed the other, such as connections-min and connections-max.
// Used by assemble.hpp.
#pragma once

#include "tripool/core/config/option_table.hpp"

#include <map>
#include <string>
#include <vector>

namespace tripool {

/// The keys that were stated in the configuration, and where.
using stated_settings = std::map<const option_spec*, const setting*>;

/// Checks all pairs of a group. A default never contradicts what was stated: when only the upper value is stated, the
/// lower one follows it. Every other contradiction is added to `errors`. `pool` names the pool for the errors' keys, or
/// is null.
void check_order(option_group group, options& all, pool_options& pool, const stated_settings& stated,
                 const std::string* pool_name, std::vector<config_error>& errors);

} // namespace tripool
