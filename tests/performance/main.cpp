// Runs queries through Tripool against sessions that answer at once, and nothing else: the program whose instructions
// tests/performance/instructions.py counts. Two runs with different numbers of queries differ by what the queries cost.
#include "tests/performance/hot_path.hpp"

#include <charconv>
#include <cstdio>
#include <string_view>

namespace {

int complain() {
  std::fputs("usage: tripool-hot-path read|write NUMBER-OF-QUERIES\n", stderr);
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) return complain();
  const std::string_view mode{argv[1]};
  const std::string_view number{argv[2]};
  std::uint64_t queries = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), queries);
  if (error != std::errc{} || end != number.data() + number.size()) return complain();
  if (mode != "read" && mode != "write") return complain();
  tripool::performance::hot_path_options o;
  o.mode = mode == "read" ? tripool::access::read : tripool::access::write;
  tripool::performance::hot_path path{o};
  if (!path.ready() || path.run(queries) != queries) {
    std::fputs("tripool-hot-path: not every query was answered\n", stderr);
    return 1;
  }
  return 0;
}
