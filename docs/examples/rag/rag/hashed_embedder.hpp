// Vectors without a model: hashed TF-IDF over words, pairs of words and groups of letters. It knows which words are
// rare in its corpus and that "indexes" resembles "index"; it does not know that "speed up" has to do with
// "performance". So it measures the resemblance of wordings, not of meanings: put a model behind embedder.hpp for that.
// Knows no database. Used as the example's default.
#pragma once

#include "rag/embedder.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// The embedder. What it learns - how many chunks hold each feature - is a text of bytes that is kept with the corpus,
/// so that questions are weighed as the passages were.
class hashed_embedder final : public embedder {
public:
  static constexpr std::size_t buckets = std::size_t{1} << 16U;
  static constexpr std::size_t width = 1024;

  /// Learns from texts. To be called before it is shared.
  void learn(std::string_view text);

  /// What it has learned.
  std::string save() const;
  /// The same again. Returns false, and has learned nothing, when `saved` was not made by `save`.
  bool load(std::string_view saved);

  std::string name() const override { return "hashed-tfidf-1"; }
  std::size_t dimensions() const override { return width; }
  std::vector<float> embed(std::string_view text) const override;

private:
  std::uint32_t texts_ = 0;
  std::vector<std::uint32_t> holders_ = std::vector<std::uint32_t>(buckets); ///< Texts that hold a bucket's features.
};

} // namespace rag
