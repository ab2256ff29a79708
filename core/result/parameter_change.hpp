// A setting that the server reports and that changed while a statement ran: it comes among the notices of its result,
// as one of a severity of its own.
// Used by leases, and by callers who want to know.
#pragma once

#include "tripool/core/result/result.hpp"

#include <string_view>
#include <vector>

namespace tripool {

/// The severity of such a notice. Its message is the setting's name, its detail the value in force from now on.
inline constexpr std::string_view parameter_severity = "PARAMETER";

/// One change. Lives as long as its result.
struct parameter_change {
  std::string_view name;  ///< As the server spells it: "TimeZone", "DateStyle", "application_name" ...
  std::string_view value; ///< The new one.
  friend bool operator==(const parameter_change&, const parameter_change&) = default;
};

/// The notice that tells it.
server_message notice_of(const parameter_change& x);

/// What changed while the statement of that result ran, in the order in which it was told.
std::vector<parameter_change> parameter_changes(const result& x);

} // namespace tripool
