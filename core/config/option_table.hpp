// The one table of everything that can be configured: name, place, type, bounds, default and meaning of each key.
// Reading, checking, error texts and the reference page all come from it, so they cannot disagree.
// Knows no file format and no client library. Used by apply.hpp, assemble.hpp and reference.hpp.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/config/setting.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripool {

/// Where a key stands: directly under `tripool`, in one of its groups, or in a pool (and in `pool-defaults`).
enum class option_group : std::uint8_t { top, requests, monitor, supervision, listening, simple_pool, pool };

/// What a key takes.
enum class option_type : std::uint8_t {
  time_span, ///< CAF's timespan, or the same as a text.
  count,     ///< An integer.
  size,      ///< An integer, or a text with a unit.
  boolean,
  text,
  path, ///< A text; taken as relative to the folder of the configuration file.
};

/// The field that a key sets. Empty for keys that need more than a value (`connection`, `password`).
using field_ref =
  std::variant<std::monostate, duration*, std::size_t*, std::uint32_t*, std::uint16_t*, bool*, std::string*>;

/// One key.
struct option_spec {
  std::string_view key = {};
  option_group group = option_group::top;
  option_type type = option_type::text;
  field_ref (*field)(options&, pool_options&) = nullptr; ///< Null for keys that need more than a value.
  std::int64_t min = 0;                                  ///< Nanoseconds, a count or bytes.
  std::int64_t max = 0;
  std::int64_t step = 1;                          ///< The value is a multiple of this.
  std::string_view unit = {};                     ///< What a count counts: "connections".
  std::span<const std::string_view> choices = {}; ///< Of a text: the only values allowed; empty allows all.
  std::string_view default_note = {}; ///< Replaces the default in the reference where one value does not say it.
  std::string_view doc = {};
  bool is_secret = false; ///< The value must not be shown.
};

/// All keys, group by group, in the order of the reference.
std::span<const option_spec> option_table();

/// Returns the key's entry, or null.
const option_spec* find_option(option_group group, std::string_view key);

/// Returns the names of all keys of a group, for suggestions.
std::vector<std::string_view> option_names(option_group group);

/// Returns what a key takes, for error texts and the reference: "1 to 1000 connections", "1ms to 1h", "true or false".
std::string allowed_text(const option_spec& x);

/// Returns the default as one would write it in a file, or "" when there is none.
std::string default_text(const option_spec& x);

/// Returns the group's name in a file: "", "requests", "monitor", "supervision", "listening", "simple-pool",
/// "pools.NAME".
std::string_view group_name(option_group x);

/// A mask of 32 bits remembers which pools a request has tried.
inline constexpr std::size_t pools_max = 32;

} // namespace tripool
