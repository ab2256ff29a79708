// Cutting a command line.
#include "tripool/core/credentials/command_words.hpp"

namespace tripool {

expected<std::vector<std::string>, std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\0') return unexpected{std::string{"a NUL byte stands in the command"}};
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else if (c == '\\' && quote == '"' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\')) {
        word += line[++i];
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == '\\') {
      if (++i == line.size()) return unexpected{std::string{"the command ends in a backslash"}};
      word += line[i];
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return unexpected{std::string{"a quote in the command is not closed"}};
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return unexpected{std::string{"the command is empty"}};
  return words;
}

} // namespace tripool
