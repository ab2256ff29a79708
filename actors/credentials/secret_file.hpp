// Reading small files that hold secrets, through plain system calls, so that no stream's buffer keeps a copy.
// Knows no formats. Used by the sources of credentials.
#pragma once

#include "tripool/core/credentials/secret.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace tripool {

/// What came of reading.
struct secret_file {
  secret content;
  bool absent = false; ///< There is no such file.
  std::string problem; ///< Empty: read.
  struct stat about {};
};

/// Reads a whole file of at most `bytes_max`. `folder`: descriptor of the folder that a relative path is taken from, or
/// AT_FDCWD. A file that is a device or a folder is a problem; one that holds a NUL is read.
secret_file read_secret_file(int folder, const std::string& path, std::size_t bytes_max);

/// The same for a file that holds one secret: its line ends at the end are dropped, and what is no secret is a problem.
secret_file read_one_secret(int folder, const std::string& path);

} // namespace tripool
