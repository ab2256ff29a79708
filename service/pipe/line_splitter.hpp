// Cuts a stream of bytes into lines of bounded length. What is longer is skipped to its end, and reported. Reads
// nothing itself. Used by the command `pipe`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tripool::pipe {

/// Hears the lines: without their line end ("\n" or "\r\n"), numbered from 1. `too_long` lines come with an empty text.
/// The text is valid during the call.
using line_handler = std::function<void(std::string_view line, std::uint64_t number, bool too_long)>;

/// Holds at most one line that has not ended. Not thread-safe.
class line_splitter {
public:
  /// Lines longer than `length_max` bytes are skipped.
  line_splitter(std::size_t length_max, line_handler to);

  /// Takes further bytes; calls the handler for each line that they end.
  void feed(std::string_view bytes);

  /// The stream has ended: what came after the last line end is a line as well, if it is anything.
  void finish();

private:
  void take(std::string_view bytes);
  void end_line();

  std::size_t length_max_;
  line_handler to_;
  std::string begun_;
  bool too_long_ = false;
  std::uint64_t number_ = 1;
};

} // namespace tripool::pipe
