// The bytes of a COPY stream that have come and are not read yet. What is read is dropped in large steps, so that a
// stream of any length costs no more than its largest row. Used by the readers of both formats.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tripool {

/// A queue of bytes with a view of all of them.
class copy_buffer {
public:
  void feed(std::span<const std::byte> piece) {
    if (at_ > 0 && at_ >= data_.size() / 2) {
      data_.erase(0, at_);
      at_ = 0;
    }
    data_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  /// What is not taken yet; valid until the next `feed`.
  std::string_view rest() const noexcept { return std::string_view{data_}.substr(at_); }
  void take(std::size_t n) noexcept { at_ += n; }

private:
  std::string data_;
  std::size_t at_ = 0;
};

} // namespace tripool
