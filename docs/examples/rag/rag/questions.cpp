// Reading and measuring.
#include "rag/questions.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rag {

std::vector<question> read_questions(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  std::vector<question> out;
  std::string line;
  std::size_t number = 0;
  const auto insist = [&](bool holds) {
    if (holds) return;
    throw std::runtime_error{file.string() + ":" + std::to_string(number)
                             + ": a question is a line, and the pages that answer it an indented one below"};
  };
  while (std::getline(in, line)) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.front() != ' ') {
      insist(out.empty() || !out.back().pages.empty());
      out.push_back({line, {}});
      continue;
    }
    insist(!out.empty());
    std::istringstream pages{line};
    for (std::string one; pages >> one;) out.back().pages.push_back(one);
  }
  insist(out.empty() || !out.back().pages.empty());
  if (out.empty()) throw std::runtime_error{file.string() + " has no question"};
  return out;
}

std::vector<std::string> pages_of(const std::vector<question>& all) {
  std::vector<std::string> out;
  for (const auto& x : all) out.insert(out.end(), x.pages.begin(), x.pages.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::size_t place_of_answer(const question& asked, const std::vector<passage>& found) {
  const auto answers = [&](const passage& x) {
    return std::find(asked.pages.begin(), asked.pages.end(), x.file) != asked.pages.end();
  };
  const auto at = std::find_if(found.begin(), found.end(), answers);
  return at == found.end() ? 0 : static_cast<std::size_t>(at - found.begin()) + 1;
}

void quality::add(std::size_t place) noexcept {
  ++questions;
  if (place == 0) return;
  if (place <= 5) ++in_first_five;
  reciprocal_places += 1 / static_cast<double>(place);
}

double quality::recall() const noexcept {
  return questions == 0 ? 0 : static_cast<double>(in_first_five) / static_cast<double>(questions);
}

double quality::mean_reciprocal_rank() const noexcept {
  return questions == 0 ? 0 : reciprocal_places / static_cast<double>(questions);
}

} // namespace rag
