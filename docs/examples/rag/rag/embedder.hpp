// The port by which texts become vectors. A language model would stand behind it; what the example brings is honest
// and local (hashed_embedder.hpp).
// Knows no database. Used by the ingesters and the questions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// Makes vectors. Implementations are immutable once they are shared, and may be called by several threads.
class embedder {
public:
  virtual ~embedder() = default;

  /// Names the vectors' space: those of another name cannot be compared with these. At most 60 characters.
  virtual std::string name() const = 0;
  virtual std::size_t dimensions() const = 0;
  /// The text as a vector of length 1, or of zeros when there is nothing in it.
  virtual std::vector<float> embed(std::string_view text) const = 0;
};

} // namespace rag
