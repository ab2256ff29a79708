// Reading addresses.
#include "service/http/address.hpp"

#include <algorithm>
#include <charconv>

namespace tripool::service {

namespace {

bool is_loopback_name(std::string_view x) noexcept {
  if (x == "localhost" || x == "::1" || x == "[::1]") return true;
  if (!x.starts_with("127.")) return false;
  return std::all_of(x.begin(), x.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

} // namespace

bool http_address::is_loopback() const noexcept {
  return is_loopback_name(host);
}

std::string http_address::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<http_address> read_http_address(std::string_view text, std::string& problem) {
  const auto fail = [&](std::string why) {
    problem = std::move(why);
    return std::nullopt;
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail("must be HOST:PORT, for example 127.0.0.1:9187");
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  http_address out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
    return fail("the port must be a number from 0 to 65535");
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail("an IPv6 address stands in brackets: [::1]:9187");
  }
  const auto odd = [](char c) {
    return !(c == '.' || c == '-' || c == ':' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
             || (c >= 'A' && c <= 'Z'));
  };
  if (host.size() > 253 || std::any_of(host.begin(), host.end(), odd)) return fail("the host is no name or address");
  out.host = host.empty() ? "127.0.0.1" : std::string{host};
  return out;
}

bool names_loopback(std::string_view x) noexcept {
  if (x.starts_with('[')) {
    const auto end = x.find(']');
    return end != std::string_view::npos && is_loopback_name(x.substr(0, end + 1));
  }
  return is_loopback_name(x.substr(0, x.find(':')));
}

} // namespace tripool::service
