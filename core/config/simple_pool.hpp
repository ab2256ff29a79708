// What the simple pool is made of: the settings of the pool whose server it has, with its own size and queue.
// Pure: values in, values out. Used by the configuration's assembly, by fallback_machine's owner and by its actor.
#pragma once

#include "tripool/core/config/options.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tripool {

/// The name under which the simple pool is shown, in failures, status and log.
inline constexpr std::string_view simple_pool_name = "simple-pool";

/// Returns the index of the pool of that name, or nothing.
std::optional<std::size_t> find_pool(const options& all, std::string_view name) noexcept;

/// Returns the pools' names in their order; they point into `all`.
std::vector<std::string_view> names_of(const options& all);

/// Returns the index of the pool whose server the simple pool has: the configured one, else `last_writer`, else the
/// first that is enabled. Precondition: there is a pool.
std::size_t simple_pool_server(const options& all, std::optional<std::size_t> last_writer) noexcept;

/// Returns the simple pool's settings for the server of pool `of`. Precondition: `of` is the index of a pool.
pool_options simple_pool_settings(const options& all, std::size_t of);

} // namespace tripool
