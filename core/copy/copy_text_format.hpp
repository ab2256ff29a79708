// COPY's text format, the default one: a line a row, tabs between columns, \N for NULL, backslash escapes. Writes what
// COPY FROM STDIN takes and reads what COPY TO STDOUT gives, with the default options. CSV is another format.
// Knows nothing of sessions. Used by those who fill or empty a COPY.
#pragma once

#include "tripool/core/codec/encoder.hpp"
#include "tripool/core/copy/copy_buffer.hpp"
#include "tripool/core/copy/copy_row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool {

/// Builds rows. Any text is escaped so that it comes back as it was.
class copy_text_writer {
public:
  /// Appends one row. False when a column holds a NUL byte or invalid UTF-8 (22021) or there are more than 1600
  /// columns (54011): then the row is left out and `fault` says why.
  bool add(std::span<const std::optional<std::string_view>> columns);
  std::size_t size() const noexcept { return out_.size(); }
  std::uint64_t rows() const noexcept { return rows_; }
  /// What was built since the last call.
  bytes take() noexcept { return std::exchange(out_, {}); }
  const std::optional<encode_fault>& fault() const noexcept { return fault_; }

private:
  bytes out_;
  std::uint64_t rows_ = 0;
  std::optional<encode_fault> fault_;
};

/// Takes a stream apart that comes in pieces, cut anywhere.
class copy_text_reader {
public:
  void feed(std::span<const std::byte> piece) { in_.feed(piece); }
  /// The next row, or nothing when it has not come in whole. An error is final: a row longer than 1 GB, or a line that
  /// ends in the middle of an escape.
  decoded<std::optional<copy_row>> next();
  /// Whether nothing of a row is left over: to be asked when the stream has ended.
  bool complete() const noexcept { return in_.rest().empty() && !failed_; }

private:
  bool unescape(std::string_view line);

  copy_buffer in_;
  std::size_t searched_ = 0; ///< How far no line end was found.
  std::string text_;         ///< The columns of the present row, unescaped, one behind the other.
  std::vector<std::optional<std::pair<std::size_t, std::size_t>>> places_;
  std::vector<copy_row::cell> cells_;
  std::uint64_t rows_ = 0;
  bool failed_ = false;
};

} // namespace tripool
