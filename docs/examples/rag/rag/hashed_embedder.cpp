// Features, their weights, and where they fall.
#include "rag/hashed_embedder.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <unordered_map>

namespace rag {

namespace {

struct feature {
  float weight = 0; ///< By its kind, summed over its occurrences.
};

using features = std::unordered_map<std::uint64_t, feature>;

constexpr float word_weight = 1.0F;
constexpr float pair_weight = 0.7F;
constexpr float group_weight = 0.25F;
constexpr std::size_t group_letters = 4;
/// So many dimensions each feature falls into: the more, the less two features that meet in one disturb each other.
constexpr unsigned spread = 4;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_common(std::string_view word) {
  constexpr std::array<std::string_view, 64> all{
    "a",   "an",   "and",  "any",  "are",  "as",    "at",    "be",   "by",   "can",   "do",    "does", "each",
    "for", "from", "get",  "has",  "have", "how",   "i",     "if",   "in",   "into",  "is",    "it",   "its",
    "may", "me",   "my",   "no",   "not",  "of",    "on",    "one",  "only", "or",    "other", "s",    "see",
    "so",  "some", "such", "than", "that", "the",   "their", "them", "then", "there", "these", "this", "to",
    "use", "used", "was",  "what", "when", "where", "which", "who",  "will", "with",  "you",   "your"};
  return std::binary_search(all.begin(), all.end(), word);
}

/// Takes the most frequent endings off: "indexes" and "indexing" become "index".
std::string_view stem(std::string_view word) {
  constexpr std::array<std::string_view, 5> endings{"ing", "ies", "es", "ed", "s"};
  for (const auto ending : endings)
    if (word.size() >= ending.size() + 4 && word.ends_with(ending)) return word.substr(0, word.size() - ending.size());
  return word;
}

/// What a feature is called, as a number: its kind is part of it.
std::uint64_t number_of(std::string_view text, std::uint64_t kind) {
  return XXH3_64bits_withSeed(text.data(), text.size(), kind);
}

void add_groups(std::string_view word, features& out) {
  std::string marked{'<'};
  marked.append(word).push_back('>');
  for (std::size_t i = 0; i + group_letters <= marked.size(); ++i)
    out[number_of(std::string_view{marked}.substr(i, group_letters), 3)].weight += group_weight;
}

features features_of(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  features out;
  std::string before;
  const std::string_view rest{lower};
  for (std::size_t i = 0; i < rest.size();) {
    if (!is_word_character(rest[i])) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < rest.size() && is_word_character(rest[end])) ++end;
    const auto word = rest.substr(i, end - i);
    i = end;
    if (is_common(word) || word.size() > 60) continue;
    const std::string root{stem(word)};
    out[number_of(root, 1)].weight += word_weight;
    if (!before.empty()) out[number_of(before + " " + root, 2)].weight += pair_weight;
    add_groups(word, out);
    before = root;
  }
  return out;
}

} // namespace

void hashed_embedder::learn(std::string_view text) {
  ++texts_;
  std::vector<std::uint64_t> seen;
  for (const auto& [number, what] : features_of(text)) seen.push_back(number % buckets);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (const auto bucket : seen) ++holders_[bucket];
}

std::string hashed_embedder::save() const {
  std::string out((buckets + 1) * sizeof(std::uint32_t), '\0');
  std::memcpy(out.data(), &texts_, sizeof texts_);
  std::memcpy(out.data() + sizeof texts_, holders_.data(), buckets * sizeof(std::uint32_t));
  return out;
}

bool hashed_embedder::load(std::string_view saved) {
  if (saved.size() != (buckets + 1) * sizeof(std::uint32_t)) return false;
  std::memcpy(&texts_, saved.data(), sizeof texts_);
  std::memcpy(holders_.data(), saved.data() + sizeof texts_, buckets * sizeof(std::uint32_t));
  return true;
}

std::vector<float> hashed_embedder::embed(std::string_view text) const {
  std::vector<float> out(width);
  for (const auto& [number, what] : features_of(text)) {
    const auto rarity =
      std::log((1.0F + static_cast<float>(texts_)) / (1.0F + static_cast<float>(holders_[number % buckets])));
    const auto weight = (what.weight > 1 ? 1 + std::log(what.weight) : what.weight) * (rarity + 0.1F);
    auto bits = number;
    for (unsigned i = 0; i < spread; ++i) {
      bits = XXH3_64bits_withSeed(&bits, sizeof bits, i);
      out[bits % width] += (bits >> 63U) != 0 ? weight : -weight;
    }
  }
  float square = 0;
  for (const auto x : out) square += x * x;
  if (square > 0)
    for (auto& x : out) x /= std::sqrt(square);
  return out;
}

} // namespace rag
