// Runs queries through Tripool against sessions that answer at once, and nothing else: the program whose instructions
// tests/performance/instructions.py counts. Two runs with different numbers of queries differ by what the queries cost.
#include "tests/performance/hot_path.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

namespace {

int complain() {
  std::fputs("usage: tripool-hot-path read|write NUMBER-OF-QUERIES [CALLERS]\n", stderr);
  return 2;
}

/// A number above 0, or nothing.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out == 0) return std::nullopt;
  return out;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return complain();
  const std::string_view mode{argv[1]};
  const auto queries = number_in(argv[2]);
  if (!queries) return complain();
  if (mode != "read" && mode != "write") return complain();
  tripool::performance::hot_path_options o;
  o.mode = mode == "read" ? tripool::access::read : tripool::access::write;
  if (argc == 4) {
    const auto callers = number_in(argv[3]);
    if (!callers) return complain();
    o.callers = static_cast<std::size_t>(*callers);
  }
  tripool::performance::hot_path path{o};
  if (!path.ready() || path.run(*queries) != *queries) {
    std::fputs("tripool-hot-path: not every query was answered\n", stderr);
    return 1;
  }
  return 0;
}
