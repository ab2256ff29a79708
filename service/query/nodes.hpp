// Nodes as they stand on a command line: "db1:4711,10.0.0.2:4711,[::1]:4711". Pure. Used by commands that ask a node
// which lets callers in (`tripool serve --listen`).
#pragma once

#include "tripool/actors/remote/remote_delegate.hpp"
#include "tripool/core/util/expected.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tripool::service {

/// Reads them; at least one, at most 64, as a proxy can have. Error: for people, what is wrong.
expected<std::vector<remote_node>, std::string> read_nodes(std::string_view text);
/// "db1:4711", "[::1]:4711"
std::string to_string(const remote_node& x);

} // namespace tripool::service
