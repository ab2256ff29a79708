// The rules for keys are libpq's: nobody but their owner, or root's group, may read them.
#include "tripool/actors/credentials/client_key.hpp"

#include "tripool/actors/credentials/secret_file.hpp"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

namespace tripool {

namespace {

constexpr std::size_t key_bytes_max = 64 << 10;

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

std::string mark_of(const std::string& path) {
  struct stat x {};
  if (path.empty() || stat(path.c_str(), &x) != 0) return "-";
  return std::to_string(x.st_ino) + '.' + std::to_string(x.st_size) + '.' + std::to_string(x.st_mtim.tv_sec) + '.'
         + std::to_string(x.st_mtim.tv_nsec);
}

} // namespace

std::string client_certificate_problem(const client_certificate& x) {
  if (!x.certificate.empty()) {
    const auto read = read_secret_file(AT_FDCWD, x.certificate, key_bytes_max);
    if (!read.problem.empty()) return "ssl-cert " + x.certificate + ": " + read.problem;
  }
  if (x.key.empty()) return {};
  const auto read = read_secret_file(AT_FDCWD, x.key, key_bytes_max);
  const auto name = "ssl-key " + x.key + ": ";
  if (!read.problem.empty()) return name + read.problem;
  const auto forbidden = read.about.st_uid == 0 ? mode_t{S_IWGRP | S_IXGRP | S_IRWXO} : mode_t{S_IRWXG | S_IRWXO};
  if ((read.about.st_mode & forbidden) != 0)
    return name + "others may use it (mode " + octal(read.about.st_mode)
           + "): chmod 600, or 640 for a file of root's that a group reads";
  if (read.content.view().find("ENCRYPTED") != std::string_view::npos && !x.has_passphrase)
    return name + "it is encrypted, and no ssl-key-passphrase-file is configured";
  return {};
}

std::string client_certificate_mark(const client_certificate& x) {
  if (x.certificate.empty() && x.key.empty()) return {};
  return mark_of(x.certificate) + '/' + mark_of(x.key);
}

} // namespace tripool
