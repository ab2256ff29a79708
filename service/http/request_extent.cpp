// Looking for the end of a request.
#include "service/http/request_extent.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tripool::service {

namespace {

constexpr std::string_view head_end = "\n\r\n";

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size()
         && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view x) {
  constexpr std::string_view blank = " \t\r";
  const auto from = x.find_first_not_of(blank);
  return from == std::string_view::npos ? std::string_view{} : x.substr(from, x.find_last_not_of(blank) - from + 1);
}

/// 0: there is none, or none that is worth waiting for.
std::size_t body_length(std::string_view digits, std::size_t body_max) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} && end == digits.data() + digits.size() && out <= body_max ? out : 0;
}

} // namespace

std::optional<request_extent> extent_of(std::string_view bytes, std::size_t searched, std::size_t body_max) {
  const auto overlap = std::min(searched, head_end.size() - 1);
  const auto at = bytes.find(head_end, searched - overlap);
  if (at == std::string_view::npos) return std::nullopt;
  request_extent out;
  out.head = at + head_end.size();
  if (!bytes.starts_with("POST ")) return out;
  auto rest = bytes.substr(0, at + 1);
  int lengths = 0;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (same_name(name, "Transfer-Encoding")) return request_extent{out.head};
    if (same_name(name, "Content-Length")) {
      if (++lengths > 1) return request_extent{out.head};
      out.body = body_length(value, body_max);
    }
    if (same_name(name, "Expect")) out.awaits_go_ahead = same_name(value, "100-continue");
  }
  return out;
}

} // namespace tripool::service
