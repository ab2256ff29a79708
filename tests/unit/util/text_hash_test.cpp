// Promises of the hash of texts: it depends on every byte and on the length, and fills small tables evenly.
#include "tripool/core/util/text_hash.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace tripool;

TEST_CASE("text hash: equal texts have equal hashes, wherever they lie", "[util][hash]") {
  const std::string text = "select aid, abalance from pgbench_accounts where aid = $1";
  const std::string shifted = "x" + text;
  CHECK(hash_text(text) == hash_text(std::string_view{shifted}.substr(1)));
}

TEST_CASE("text hash: every byte and the length count", "[util][hash]") {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string text(length, 'a');
    seen.insert(hash_text(text));
    ++made;
    for (std::size_t i = 0; i < length; ++i) {
      auto other = text;
      other[i] = 'b';
      seen.insert(hash_text(other));
      ++made;
    }
    seen.insert(hash_text(text + std::string(1, '\0')));
    ++made;
  }
  CHECK(seen.size() == made);
}

TEST_CASE("text hash: texts that differ in a number spread over a small table", "[util][hash]") {
  constexpr std::size_t slots = 512;
  constexpr std::size_t texts = 10 * slots;
  std::vector<std::size_t> hits(slots);
  for (std::size_t i = 0; i < texts; ++i)
    ++hits[hash_text("select * from t where id = " + std::to_string(i)) & (slots - 1)];
  CHECK(*std::max_element(hits.begin(), hits.end()) <= 30); // 10 on the average.
  CHECK(std::count(hits.begin(), hits.end(), std::size_t{0}) <= 2);
}
