// Parameters of a statement as they stand on a command line. Pure. Used by `tripool query`.
#pragma once

#include "tripool/core/statement/parameter.hpp"
#include "tripool/core/util/expected.hpp"

#include <string>
#include <string_view>

namespace tripool::service {

/// "int:7", "bigint:7", "double:1.5", "bool:true", "text:7", "null:"; anything else is a text whose type the server
/// infers. The error is a sentence.
expected<parameter, std::string> read_argument(std::string_view text);

} // namespace tripool::service
