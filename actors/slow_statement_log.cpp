// Writing lines, but not too many.
#include "tripool/actors/slow_statement_log.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

slow_statement_log::slow_statement_log(std::shared_ptr<spdlog::logger> log, duration threshold,
                                       std::shared_ptr<request_observer> next)
  : log_(std::move(log)), threshold_(threshold), next_(std::move(next)) {
  // nop
}

bool slow_statement_log::wants(const std::string&, const std::string&) {
  return true; // How long it takes is not known yet.
}

void slow_statement_log::answered(const request_span& x) noexcept {
  if (next_wants(x)) next_->answered(x);
  if (x.took() < threshold_) return;
  try {
    write(x);
  } catch (...) {
    // A line that cannot be made is not worth a request.
  }
}

/// Asked once for each request, one after the other as without a log before it.
bool slow_statement_log::next_wants(const request_span& x) noexcept {
  if (!next_) return false;
  try {
    const std::lock_guard guard{asking_};
    return next_->wants(x.text, x.traceparent);
  } catch (...) {
    return false;
  }
}

void slow_statement_log::write(const request_span& x) {
  std::uint64_t left_out = 0;
  {
    const std::lock_guard guard{mutex_};
    if (x.ended - second_ >= std::chrono::seconds{1}) {
      second_ = x.ended;
      lines_ = 0;
    }
    if (lines_ >= lines_max) {
      ++left_out_;
      return;
    }
    ++lines_;
    left_out = std::exchange(left_out_, 0);
  }
  auto text = x.text.substr(0, text_max);
  std::replace_if(
    text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(x.took()).count();
  log_->warn("slow: {} ms, {}{}{}{}{}: {}{}{}", ms, to_string(x.kind), x.name.empty() ? "" : ", ", x.name,
             x.why.pool.empty() ? "" : ", pool ", x.why.pool, text, x.text.size() > text_max ? " ..." : "",
             left_out > 0 ? " (and " + std::to_string(left_out) + " more since)" : "");
}

} // namespace tripool
