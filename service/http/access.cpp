// Tokens.
#include "service/http/access.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tripool::service {

namespace {

constexpr std::size_t token_bytes_max = 1024;

std::optional<secret> checked(std::string text, const std::string& where, std::string& problem) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const bool odd = std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (text.size() < token_bytes_min || text.size() > token_bytes_max || odd) {
    wipe(text);
    problem = where + ": a token is one line of " + std::to_string(token_bytes_min) + " to "
              + std::to_string(token_bytes_max) + " printable characters without spaces";
    return std::nullopt;
  }
  return secret{std::move(text)};
}

int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// Empty when it is no base64.
std::string from_base64(std::string_view x) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  while (x.ends_with('=')) x.remove_suffix(1);
  for (const char c : x) {
    const int v = value_of(c);
    if (v < 0) return {};
    bits = (bits << 6U) | static_cast<std::uint32_t>(v);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(have)) & 0xFFU);
  }
  return out;
}

} // namespace

std::optional<secret> load_token(const std::string& file, std::string& problem) {
  if (file.empty()) {
    const char* from_environment = std::getenv(token_variable);
    if (from_environment == nullptr || *from_environment == '\0') return secret{};
    return checked(from_environment, std::string{"environment variable "} + token_variable, problem);
  }
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    problem = "token file " + file + ": " + std::strerror(errno);
    return std::nullopt;
  }
  std::string text(token_bytes_max + 2, '\0');
  const auto n = read(fd, text.data(), text.size());
  const int error = errno;
  close(fd);
  if (n < 0) {
    problem = "token file " + file + ": " + std::strerror(error);
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(n));
  return checked(std::move(text), "token file " + file, problem);
}

bool same_secret(std::string_view given, std::string_view right) noexcept {
  // Every character of the given one is looked at, whatever has been found by then.
  volatile std::uint8_t different = given.size() == right.size() && !right.empty() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = right.empty() ? '\0' : right[i % right.size()];
    different = static_cast<std::uint8_t>(different | static_cast<std::uint8_t>(given[i] ^ other));
  }
  return different == 0;
}

bool authorizes(std::string_view header, std::string_view token) {
  constexpr std::string_view bearer = "Bearer ";
  constexpr std::string_view basic = "Basic ";
  if (header.size() > 2 * token_bytes_max) return false;
  if (header.starts_with(bearer)) return same_secret(header.substr(bearer.size()), token);
  if (!header.starts_with(basic)) return false;
  auto pair = from_base64(header.substr(basic.size()));
  const auto colon = pair.find(':');
  const bool right = colon != std::string::npos && same_secret(std::string_view{pair}.substr(colon + 1), token);
  wipe(pair);
  return right;
}

} // namespace tripool::service
