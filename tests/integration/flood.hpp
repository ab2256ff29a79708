// Many statements from one caller, a bounded number of them under way at a time, and how each of them ended; some may
// be taken back after a while. Used by the integration tests of isolation, cancelling and poolers.
#pragma once

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tripool::test {

/// Cancels the statement at this place of its list, which has the key `at` + 1.
struct flood_cancel_msg {
  std::size_t at = 0;
};

/// One statement of a flood.
struct flood_statement {
  statement what;
  std::optional<std::chrono::microseconds> cancel_after; ///< From its sending.
};

/// The caller. Ends when all have ended.
class flood final : public caf::event_based_actor {
public:
  struct outcome_list {
    std::vector<std::optional<statement_end>> ends; ///< By place.
    std::size_t answered_twice = 0;
    std::promise<void> finished;
  };

  flood(caf::actor_config& cfg, caf::actor delegate, std::vector<flood_statement> all, std::size_t window,
        std::shared_ptr<outcome_list> to)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), all_(std::move(all)), to_(std::move(to)) {
    window_ = window;
    to_->ends.resize(all_.size());
  }

  caf::behavior make_behavior() override {
    for (std::size_t i = 0; i < window_; ++i) send_next();
    return {
      [this](flood_cancel_msg x) {
        request(delegate_, caf::infinite, cancel_request{x.at + 1}).then([](cancel_reply) {});
      },
    };
  }

private:
  void send_next() {
    if (next_ >= all_.size()) return;
    const auto at = next_++;
    auto& x = all_[at];
    if (x.cancel_after) {
      x.what.cancel_key = at + 1;
      delayed_send(this, *x.cancel_after, flood_cancel_msg{at});
    }
    request(delegate_, caf::infinite, std::move(x.what))
      .then([this, at](result& r) { ended(at, std::move(r)); },
            [this, at](const caf::error& e) { ended(at, unexpected{failure_of(e)}); });
  }

  void ended(std::size_t at, statement_end how) {
    if (to_->ends[at]) ++to_->answered_twice;
    to_->ends[at].emplace(std::move(how));
    if (++done_ == all_.size()) {
      to_->finished.set_value();
      return quit();
    }
    send_next();
  }

  caf::actor delegate_;
  std::vector<flood_statement> all_;
  std::shared_ptr<outcome_list> to_;
  std::size_t window_ = 1;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
};

/// Runs a flood to its end and returns how each statement ended, or nothing when it takes longer than `limit`.
inline std::optional<std::vector<statement_end>> run_flood(caf::actor_system& sys, const caf::actor& delegate,
                                                           std::vector<flood_statement> all, std::size_t window,
                                                           std::chrono::seconds limit) {
  auto to = std::make_shared<flood::outcome_list>();
  auto finished = to->finished.get_future();
  sys.spawn<flood>(delegate, std::move(all), window, to);
  if (finished.wait_for(limit) != std::future_status::ready) return std::nullopt;
  std::vector<statement_end> out;
  for (auto& x : to->ends) out.push_back(std::move(*x));
  return out;
}

/// "done" or "rejected 23505 server_error".
inline std::string end_text(const statement_end& x) {
  if (x) return "done";
  const auto& f = x.error();
  return std::string{to_string(f.kind)} + ' ' + f.sqlstate + ' ' + std::string{to_string(f.why)};
}

} // namespace tripool::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::test::flood_cancel_msg)
