// What the example talks about: pages of a manual, cut into chunks, and the passages that answer a question.
// Plain values. Knows no HTML, no database and no actor. Used by everything here.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rag {

/// A part of a page that is stored, found and shown as one: a section, or a piece of a long one.
struct chunk {
  std::string anchor; ///< The section's name in its page's links, or empty.
  std::string path;   ///< The titles that lead to it: "Chapter 11. Indexes > 11.2. Index Types > 11.2.1. B-Tree".
  std::string body;   ///< Its text, without markup.
};

/// What a chunk's vector is made of: the titles three times, for they say best what it is about.
inline std::string text_of(const chunk& x) {
  return x.path + "\n" + x.path + "\n" + x.path + "\n" + x.body;
}

/// One page of the manual.
struct page {
  std::string file; ///< "indexes-types.html"; the page's name everywhere.
  std::string title;
  std::vector<chunk> chunks;
};

/// How passages are found.
enum class ranking {
  text,   ///< By the question's words (full-text search).
  vector, ///< By the distance between the question's vector and the passage's.
  fused,  ///< By both, see fusion.hpp.
};

/// A chunk that was found.
struct passage {
  std::string file;
  std::string anchor;
  std::string path;
  std::string body;
  double score = 0; ///< Comparable only within one answer.
};

/// Where a passage stands: "indexes-types.html#INDEXES-TYPES-BTREE".
inline std::string link_of(const passage& x) {
  return x.anchor.empty() ? x.file : x.file + "#" + x.anchor;
}

} // namespace rag
