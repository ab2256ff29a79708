// The part of the option table that describes the simple pool.
// Used by option_table.cpp only.
#pragma once

#include "tripool/core/config/option_table.hpp"

#include <vector>

namespace tripool::detail {

/// Appends the keys of `simple-pool`.
void add_simple_pool_options(std::vector<option_spec>& to);

} // namespace tripool::detail
