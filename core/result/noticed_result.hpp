// A result together with the notices that the server sent while its statement ran, and with a write's receipt. Most
// statements bring neither, and their results are not touched: only those with one of them are wrapped.
// Knows nothing of sessions. Used by the pipeline, and by what rebuilds results from messages.
#pragma once

#include "tripool/core/result/result.hpp"

#include <vector>

namespace tripool {

/// Collects the notices of one statement, up to a bound in number and bytes; the first ones are kept, and a last one
/// says how many were left out.
class notice_list {
public:
  static constexpr std::size_t count_max = 100;
  static constexpr std::size_t bytes_max = 64u << 10;

  void add(server_message x);
  bool empty() const noexcept { return kept_.empty() && left_out_ == 0; }
  void clear() noexcept;
  /// Takes what was collected, and begins anew.
  std::vector<server_message> take();

private:
  std::vector<server_message> kept_;
  std::size_t bytes_ = 0;
  std::size_t left_out_ = 0;
};

/// Returns the same result with these notices behind those that it has.
result with_notices(result x, std::vector<server_message> notices);

/// Returns the same result with this receipt in place of its own.
result with_receipt(result x, const receipt& what);

} // namespace tripool
