// What a statement carries for people and for tracing: its name, and the W3C trace context of its caller.
// Neither changes what the server does. Knows nothing of connections. Used by check() and by the pipeline.
#pragma once

#include "tripool/core/outcome/failure.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// The longest name, in bytes.
inline constexpr std::size_t name_bytes_max = 128;

/// Whether a text is a trace context as W3C's Trace Context defines it for version 00: "00-", 32 hexadecimal digits,
/// "-", 16, "-", 2; all in lower case, neither of the two ids all zero. A higher version may go on after another "-".
bool is_traceparent(std::string_view x) noexcept;

/// Returns why name or trace context must not be used, as `rejected` with cause `invalid_request`:
///   22023  no trace context, or a name that is too long or holds control characters
///   22021  a name that is not valid UTF-8
/// Both may be empty.
std::optional<failure> check_labels(std::string_view name, std::string_view traceparent);

/// The text as it is sent with its trace context: in front of it a comment as sqlcommenter writes it. The context must
/// be valid: then nothing in it can end the comment.
std::string with_trace_comment(std::string_view traceparent, std::string_view text);

} // namespace tripool
