// What a write's result says about the write itself, beside its rows: whether its token made it take effect now or had
// done so before, and where the log stood after its commit.
// A plain value. Knows no server. Used by results, by those that make them, and by callers.
#pragma once

#include "tripool/core/statement/wal_position.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tripool {

/// What became of a write with a token.
enum class application : std::uint8_t {
  plain,           ///< It bore no token.
  applied,         ///< It took effect with this request.
  already_applied, ///< Its token was there: an earlier sending had taken effect, and this one did not.
};

/// Returns the name, for example "already_applied".
std::string_view to_string(application x) noexcept;

/// What a write's result says about the write.
struct receipt {
  application by_token = application::plain;
  std::optional<wal_position> position{}; ///< Of the log after its commit, if it was asked for.
};

} // namespace tripool
