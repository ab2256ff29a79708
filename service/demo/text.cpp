// Numbers and times as text.
#include "service/demo/text.hpp"

#include <spdlog/fmt/fmt.h>

namespace tripool::demo {

std::string grouped(std::uint64_t x) {
  auto out = std::to_string(x);
  for (auto at = out.size(); at > 3;) out.insert(at -= 3, 1, ',');
  return out;
}

std::string length_text(duration x) {
  const auto ms = std::chrono::duration<double, std::milli>(x).count();
  if (ms < 10) return fmt::format("{:.1f} ms", ms);
  if (ms < 1000) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.2f} s", ms / 1000);
}

std::string counted(std::uint64_t n, const std::string& word) {
  return grouped(n) + " " + word + (n == 1 ? "" : "s");
}

} // namespace tripool::demo
