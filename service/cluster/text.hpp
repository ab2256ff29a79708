// Small helpers on files and texts that several files of this folder need. Used only in this folder.
#pragma once

#include "service/cluster/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tripool::cluster {

/// Returns a system error as text: "Permission denied".
std::string error_text(int error_number);

/// Returns the last lines of a text, at most `bytes_max` bytes, starting at a line's beginning.
std::string last_lines(std::string_view text, std::size_t bytes_max = 4096);

/// Returns the end of a file as `last_lines` does; empty when it cannot be read.
std::string file_tail(const std::filesystem::path& file, std::size_t bytes_max = 4096);

/// Returns the whole of a small file; empty when it cannot be read. Safe for files of /proc.
std::string read_file(const std::filesystem::path& file);

/// Returns `bytes` random bytes of the operating system as hexadecimal digits.
std::string random_hex(std::size_t bytes);

} // namespace tripool::cluster
