// Values of types that extensions define: hstore's pairs of texts, and pgvector's vector.
// Knows nothing of results and parameters: the codecs are in codec/extension.hpp. Used by callers.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// Keys and values of the extension hstore. A value may be NULL.
struct hstore {
  std::map<std::string, std::optional<std::string>, std::less<>> pairs{};
  friend bool operator==(const hstore&, const hstore&) = default;
};

/// A vector of the extension pgvector.
struct float_vector {
  /// What its binary form can count; the extension itself allows fewer.
  static constexpr std::size_t dimensions_max = 32'767;

  std::vector<float> values{};
  friend bool operator==(const float_vector&, const float_vector&) = default;
};

} // namespace tripool
