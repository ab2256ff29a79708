// Who may ask the endpoint: the token, where it comes from, and comparing it without telling by the time how much of it
// was right. The token is in no log, error or status.
// Used by the endpoint and by the commands that ask it.
#pragma once

#include "tripool/core/credentials/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tripool::service {

/// Shortest token that is accepted, in characters.
inline constexpr std::size_t token_bytes_min = 16;
/// The environment variable that may hold it.
inline constexpr const char* token_variable = "TRIPOOL_HTTP_TOKEN";

/// Reads the token: from `file` if it is named, else from the environment. Empty: there is none. Nothing: it could not
/// be read or is too short or odd, and `problem` says so.
std::optional<secret> load_token(const std::string& file, std::string& problem);

/// Compares in a time that depends on the lengths only.
bool same_secret(std::string_view given, std::string_view right) noexcept;

/// Whether an Authorization header carries the token: "Bearer TOKEN", or "Basic ..." with the token as password, which
/// is what a browser sends.
bool authorizes(std::string_view header, std::string_view token);

} // namespace tripool::service
