// Lines from bytes. A line that lies in one piece is handed on without a copy.
#include "service/pipe/line_splitter.hpp"

#include <utility>

namespace tripool::pipe {

namespace {

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

} // namespace

line_splitter::line_splitter(std::size_t length_max, line_handler to) : length_max_(length_max), to_(std::move(to)) {}

void line_splitter::feed(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) break;
    const auto piece = bytes.substr(0, end);
    if (begun_.empty() && !too_long_ && piece.size() <= length_max_) {
      to_(without_return(piece), number_++, false);
    } else {
      take(piece);
      end_line();
    }
    bytes.remove_prefix(end + 1);
  }
  take(bytes);
}

void line_splitter::finish() {
  if (!begun_.empty() || too_long_) end_line();
}

void line_splitter::take(std::string_view bytes) {
  if (too_long_ || bytes.empty()) return;
  if (begun_.size() + bytes.size() <= length_max_) {
    begun_.append(bytes);
    return;
  }
  too_long_ = true;
  begun_ = std::string{}; // Gives the memory back.
}

void line_splitter::end_line() {
  to_(without_return(begun_), number_++, too_long_);
  begun_.clear();
  too_long_ = false;
}

} // namespace tripool::pipe
