// Reading libpq's running texts.
//
// libpq keeps no error fields for a failed connect, only a text. In verbose mode that text holds the SQLSTATE between
// the severity and the message: `... failed: FATAL:  28P01: password authentication failed for user "x"`.
#include "tripool/core/postgres/detail/libpq_text.hpp"

#include <algorithm>

namespace tripool::postgres {

namespace {

bool is_sqlstate(std::string_view x) noexcept {
  return x.size() == 5
         && std::all_of(x.begin(), x.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// Finds `SEVERITY:  SQLSTATE: ` in a line, whatever the severity's language. Returns the SQLSTATE's position, or npos.
std::size_t find_sqlstate(std::string_view line) noexcept {
  for (auto i = line.find(":  "); i != std::string_view::npos; i = line.find(":  ", i + 1)) {
    const auto rest = line.substr(i + 3);
    if (is_sqlstate(rest.substr(0, 5)) && rest.substr(5, 2) == ": ") {
      return i + 3;
    }
  }
  return std::string_view::npos;
}

/// `LOCATION:  function, file.c:123` of a server error.
bool is_location(std::string_view line) noexcept {
  return line.starts_with("LOCATION:  ");
}

} // namespace

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) {
      part.remove_prefix(1);
    }
    while (!part.empty() && (part.back() == ' ' || part.back() == '\r')) {
      part.remove_suffix(1);
    }
    if (!part.empty()) {
      line += line.empty() ? "" : "; ";
      line += part;
    }
  }
  return line;
}

session_loss read_connect_error(std::string_view text) {
  session_loss loss;
  std::string readable;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (is_location(line)) {
      continue;
    }
    if (const auto at = find_sqlstate(line); at != std::string_view::npos) {
      loss.sqlstate = line.substr(at, 5);
      readable.append(line.substr(0, at - 1)).append(line.substr(at + 7));
    } else {
      readable.append(line);
    }
    readable += '\n';
  }
  loss.message = one_line(readable);
  return loss;
}

} // namespace tripool::postgres
