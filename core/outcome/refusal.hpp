// What a request that cannot be taken is told.
#pragma once

#include "tripool/core/outcome/failure.hpp"

#include <string>
#include <string_view>

namespace tripool {

/// A request that was refused as it is, before anything of it was sent: `rejected`, `invalid_request`.
/// @param sqlstate five characters, as the server would say it
/// @param message what is wrong, and where
/// @param hint what to do; empty where the message says it
[[nodiscard]] failure refuse(std::string_view sqlstate, std::string message, std::string hint = {});

} // namespace tripool
