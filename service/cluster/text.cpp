// Reading files by plain system calls, which also works for /proc, where sizes are not known before.
#include "service/cluster/text.hpp"

#include "service/cluster/descriptor.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/types.h>
#include <system_error>

namespace tripool::cluster {

namespace {

std::string read_rest(int fd) {
  std::string text;
  std::array<char, 8192> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      return text;
    }
  }
}

} // namespace

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

std::string last_lines(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.size() <= bytes_max) return std::string{text};
  text.remove_prefix(text.size() - bytes_max);
  const auto newline = text.find('\n');
  return std::string{newline == std::string_view::npos ? text : text.substr(newline + 1)};
}

std::string file_tail(const std::filesystem::path& file, std::size_t bytes_max) {
  const descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return {};
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  const auto wanted = static_cast<off_t>(2 * bytes_max);
  ::lseek(fd.get(), size > wanted ? size - wanted : 0, SEEK_SET);
  return last_lines(read_rest(fd.get()), bytes_max);
}

std::string read_file(const std::filesystem::path& file) {
  const descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  return fd ? read_rest(fd.get()) : std::string{};
}

std::string random_hex(std::size_t bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string noise(bytes, '\0');
  [[maybe_unused]] const ssize_t n = ::getrandom(noise.data(), noise.size(), 0);
  assert(n == static_cast<ssize_t>(bytes)); // Holds for up to 256 bytes.
  std::string text;
  for (const char c : noise) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

} // namespace tripool::cluster
