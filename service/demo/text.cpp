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

std::string wrapped(const std::string& text, std::size_t indent, std::size_t columns) {
  constexpr int lines_max = 4;
  std::string out;
  std::size_t at = 0;
  for (int line = 0; line < lines_max; ++line) {
    const auto room = columns - (line == 0 ? 0 : indent);
    if (line > 0) out += "\n" + std::string(indent, ' ');
    if (text.size() - at <= room) return out + text.substr(at);
    const auto space = text.rfind(' ', at + room);
    const auto end = space == std::string::npos || space <= at ? at + room : space;
    out += text.substr(at, end - at);
    at = end == space ? end + 1 : end;
  }
  return out + " ...";
}

} // namespace tripool::demo
