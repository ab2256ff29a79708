// Messages and replies under way.
#include "tests/support/sim_link.hpp"

namespace tripool::test {

void sim_link::release(std::size_t n) {
  allowed_ = n > unlimited - allowed_ ? unlimited : allowed_ + n;
  if (!replies_.empty()) wake();
}

void sim_link::block_writes(bool x) {
  blocked_ = x;
  if (!x && !outgoing_.empty()) wake();
}

void sim_link::cut(std::string why) {
  if (ended()) return;
  cut_ = true;
  outgoing_.clear();
  replies_.clear();
  sim_reply x;
  x.what = sim_reply::kind::loss;
  x.loss = {session_loss::phase::open, {}, std::move(why), false};
  replies_.push_back(std::move(x));
  allowed_ = unlimited;
  wake();
}

bool sim_link::send(sim_message x) {
  if (!ended() && takes_ == 0) cut("out of memory");
  if (ended()) {
    release_all(); // Its client's library has found the end out, and says so.
    return false;
  }
  if (takes_ != unlimited) --takes_;
  outgoing_.push_back(std::move(x));
  return true;
}

bool sim_link::flush() {
  if (ended()) return true;
  if (blocked_) return outgoing_.empty();
  if (losing_) outgoing_.clear();
  for (auto& x : outgoing_) arrived_.push_back(std::move(x));
  outgoing_.clear();
  return true;
}

std::optional<sim_reply> sim_link::next() {
  if (replies_.empty() || allowed_ == 0) return std::nullopt;
  auto out = std::move(replies_.front());
  replies_.pop_front();
  if (out.what == sim_reply::kind::result && allowed_ != unlimited) --allowed_;
  return out;
}

void sim_link::close() {
  closed_ = true;
  wake_ = nullptr;
  outgoing_.clear();
  replies_.clear();
}

void sim_link::reply(sim_reply x) {
  if (ended()) return;
  replies_.push_back(std::move(x));
}

void sim_link::wake() {
  if (wake_) wake_();
}

} // namespace tripool::test
