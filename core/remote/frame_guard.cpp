// Header by header.
#include "tripool/core/remote/frame_guard.hpp"

#include <algorithm>

namespace tripool {

bool frame_guard::feed(std::string_view in, std::string& out) {
  while (problem_.empty() && !in.empty()) {
    if (left_ > 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
      if (!swallow_) out.append(in.substr(0, n));
      in.remove_prefix(n);
      left_ -= n;
      continue;
    }
    const auto n = std::min(header_bytes - have_, in.size());
    std::copy_n(in.begin(), n, header_.begin() + static_cast<std::ptrdiff_t>(have_));
    have_ += n;
    in.remove_prefix(n);
    if (have_ < header_bytes) break;
    have_ = 0;
    if (judge() && !swallow_) out.append(header_.data(), header_bytes);
  }
  return problem_.empty();
}

bool frame_guard::judge() {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(header_[i]); };
  std::uint32_t length = 0;
  for (std::size_t i = 4; i < 8; ++i) length = length << 8U | byte(i);
  if (byte(0) > kind_max) {
    problem_ = "what it sent is no message of CAF's: kind " + std::to_string(byte(0));
  } else if (messages_ == 0 && byte(0) != 1) {
    problem_ = "it did not begin with a client's handshake but with kind " + std::to_string(byte(0));
  } else if (length > payload_max_) {
    problem_ = "a message of " + std::to_string(length) + " bytes is longer than the " + std::to_string(payload_max_)
               + " that are allowed";
  }
  if (!problem_.empty()) return false;
  ++messages_;
  left_ = length;
  swallow_ = (byte(3) & named_receiver) != 0 && byte(0) != 1;
  return true;
}

} // namespace tripool
