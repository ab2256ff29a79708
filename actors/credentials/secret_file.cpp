// Files with secrets.
#include "tripool/actors/credentials/secret_file.hpp"

#include "tripool/core/credentials/command_answer.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tripool {

secret_file read_secret_file(int folder, const std::string& path, std::size_t bytes_max) {
  secret_file out;
  const int fd = openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    out.absent = errno == ENOENT || errno == ENOTDIR;
    out.problem = std::strerror(errno);
    return out;
  }
  std::string text(bytes_max + 1, '\0');
  std::size_t n = 0;
  ssize_t got = 0;
  const bool plain = fstat(fd, &out.about) == 0 && !S_ISDIR(out.about.st_mode) && !S_ISCHR(out.about.st_mode);
  if (plain)
    while (n < text.size() && (got = read(fd, text.data() + n, text.size() - n)) > 0)
      n += static_cast<std::size_t>(got);
  const int error = errno;
  close(fd);
  if (!plain)
    out.problem = "is not a plain file";
  else if (got < 0)
    out.problem = std::strerror(error);
  else if (n > bytes_max)
    out.problem = "is longer than " + std::to_string(bytes_max) + " bytes: is it the right file?";
  else
    out.content = secret::copy_of({text.data(), n});
  wipe(text);
  return out;
}

secret_file read_one_secret(int folder, const std::string& path) {
  auto out = read_secret_file(folder, path, password_bytes_max);
  if (!out.problem.empty()) return out;
  auto text = out.content.view();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  out.problem = secret_fault(text);
  out.content = out.problem.empty() ? secret::copy_of(text) : secret{};
  return out;
}

} // namespace tripool
