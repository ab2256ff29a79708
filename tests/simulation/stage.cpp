// What the parts of a simulation share.
// Used by them through stage.hpp.
#include "tests/simulation/stage.hpp"

#include <sstream>

namespace tripool::test {

statement stage::worded(const std::string& bound) const {
  statement out;
  if (!plan.parameters) {
    out.text = bound;
    return out;
  }
  std::istringstream in{bound};
  in >> out.text;
  for (std::string word; in >> word;) {
    out.parameters.emplace_back(word);
    out.text += " $" + std::to_string(out.parameters.size());
  }
  return out;
}

} // namespace tripool::test
