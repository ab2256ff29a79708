// The sums.
#include "rag/fusion.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace rag {

std::vector<passage> fuse(const std::vector<std::vector<passage>>& rankings, std::size_t limit) {
  constexpr double flattening = 60;
  std::vector<passage> out;
  std::map<std::string, std::pair<std::size_t, std::size_t>>
    known; // By page: where it is in `out`, and its best place.
  for (const auto& one : rankings) {
    for (std::size_t i = 0; i < one.size(); ++i) {
      const auto [at, is_new] = known.try_emplace(one[i].file, out.size(), i);
      auto& [index, place] = at->second;
      const double score = is_new ? 0 : out[index].score;
      if (is_new) out.push_back(one[i]);
      if (i < place) out[index] = one[i], place = i;
      out[index].score = score + 1 / (flattening + static_cast<double>(i + 1));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const passage& a, const passage& b) { return a.score > b.score; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

} // namespace rag
