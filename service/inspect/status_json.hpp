// The status, the flight recorder's events and a request's story as JSON, for /status, /events, `tripool status --json`
// and programs that read them. docs/status.schema.json says what stands in it; a test holds the two together.
// Texts of statements appear, their parameters never do. Used by the HTTP endpoint.
#pragma once

#include "service/inspect/observation.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <string>
#include <string_view>

namespace tripool::service {

/// One JSON object in one line.
std::string status_json(const observation& x, std::string_view version);
/// `at` and `wall` are taken from `x`, which need not be of the same moment.
std::string events_json(const events_reply& what, const observation& x);
std::string story_json(const request_story& what, std::uint64_t request, const observation& x);

} // namespace tripool::service
