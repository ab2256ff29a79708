// What a credential command prints: a line that is the secret, or a JSON object with secret, role and expiry. Read by
// hand over the bytes, and not by a JSON library, since a library's strings would keep copies of the secret.
// Knows no processes. Used by the command source and its fuzzer.
#pragma once

#include "tripool/core/ports/credential_source.hpp"
#include "tripool/core/util/expected.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace tripool {

/// The most that a command may print.
inline constexpr std::size_t command_output_max = 64 << 10;
/// The longest password that is taken from anywhere.
inline constexpr std::size_t password_bytes_max = 16 << 10;

/// Reads the output of a command. Plain: one line of text. JSON: an object, alone or as an element "data" or "status"
/// of one, with
///   "password" (or "token"), a text; "user" (or "username"), a text;
///   "expires_in" (or "lease_duration", "ttl"), seconds; or "expires_at" (or "expiration", "Expiration",
///   "expirationTimestamp"), a text like "2031-01-31T12:00:00Z", or seconds since 1970.
/// Other elements are ignored. `wall_now` makes a length of an end. Errors quote nothing of the output.
expected<credential_material, std::string> read_command_answer(std::string_view output,
                                                               std::chrono::system_clock::time_point wall_now);

/// Reads "2031-01-31T12:00:00Z", also with a fraction or an offset like +01:00. Nothing when it is none.
std::optional<std::chrono::system_clock::time_point> read_instant(std::string_view text);

/// What is wrong with a text as a secret that was read from somewhere; empty when nothing is.
std::string secret_fault(std::string_view text);

} // namespace tripool
