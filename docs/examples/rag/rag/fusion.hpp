// Reciprocal rank fusion: one ranking out of several whose scores cannot be compared. Each ranking gives a page
// 1 / (60 + its place), and the sums decide; so a page that two rankings have near their top passes one that only a
// single ranking likes (Cormack, Clarke and Buettcher, 2009; 60 is theirs).
// A pure function. Knows no database. Used by the adapter.
#pragma once

#include "rag/passage.hpp"

#include <cstddef>
#include <vector>

namespace rag {

/// Returns the best `limit` pages of all rankings, best first, with their sums as scores; of a page the passage that
/// stands highest in any of them. A ranking has at most one passage of a page. Ties keep the order of the first
/// ranking that has them.
std::vector<passage> fuse(const std::vector<std::vector<passage>>& rankings, std::size_t limit);

} // namespace rag
