// What a simulated process answers with.
#pragma once

#include "tripool/core/ports/session.hpp"
#include "tripool/core/result/result.hpp"

#include <string>

namespace tripool::test {

/// A message of the server, of a severity such as "ERROR".
server_message message_of(std::string severity, std::string sqlstate, std::string text);
server_message error_of(std::string sqlstate, std::string text);
/// A result without rows, by its command's tag.
result tag_of(std::string text);

} // namespace tripool::test
