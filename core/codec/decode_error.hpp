// Why a value of a result could not be read as the C++ type that was asked for.
// Knows nothing of codecs and rows. Used by both, and by whoever reads results.
#pragma once

#include "tripool/core/util/expected.hpp"

#include <string>

namespace tripool {

/// Why a column could not be read as the type that was asked for.
struct decode_error {
  std::string message; ///< Names column, row, the server's type and what was asked for; never the value.
};

/// A value that was read, or why it could not be.
template <class T>
using decoded = expected<T, decode_error>;

} // namespace tripool
