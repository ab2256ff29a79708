// Queries through psql, for set-up and checks: slow (a process each) but independent of the client library under test.
// Used by private_cluster.
#pragma once

#include "service/cluster/result.hpp"
#include "service/cluster/workshop.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tripool::cluster {

/// Runs SQL as superuser on the server of this port, over its unix socket, within `limit`. Each statement commits for
/// itself, the first error ends it. Returns the rows of all statements; NULL is an empty string.
result<std::vector<std::vector<std::string>>> run_sql(const workshop& shop, std::uint16_t port,
                                                      std::string_view database, std::string_view text,
                                                      std::chrono::milliseconds limit);

/// Parses CSV (RFC 4180, records end in a newline).
std::vector<std::vector<std::string>> parse_csv(std::string_view text);

/// Returns the text as an SQL literal: 'it''s'.
std::string quote_literal(std::string_view text);

/// Returns the text as an SQL identifier: "my table".
std::string quote_name(std::string_view text);

} // namespace tripool::cluster
