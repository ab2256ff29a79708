// Brings the answer of a request to its caller: the response promise that travels with the request, and the rescue of
// requests whose holder died. Used by the delegate and by borrowed sessions, which make one for each request.
#pragma once

#include "tripool/actors/service_record.hpp"
#include "tripool/core/request/request.hpp"

#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace tripool {

/// What the caller gets when its request is done.
enum class answer_form : std::uint8_t {
  single,  ///< The result of its one statement.
  all,     ///< A reply with a result for each statement.
  nothing, ///< An empty message: it is done.
  handle,  ///< The handle of the session that was lent.
};

/// What the requests of one actor have in common, shared by their responders.
struct answer_home {
  caf::actor_addr delegate{};               ///< Who takes abandoned requests; invalid: nobody, they are answered.
  caf::actor_addr events{};                 ///< Who is told of doubts; invalid: nobody.
  std::shared_ptr<service_record> record{}; ///< Where ends are counted; null: nowhere.
};
using answer_home_ptr = std::shared_ptr<const answer_home>;

/// What all responders share: a request that is abandoned goes back to the delegate while that is safe: it provably did
/// not run, or may be repeated. Used on any thread, by one holder at a time.
class rescuing_responder : public responder {
public:
  /// Precondition: `home` is not null.
  explicit rescuing_responder(answer_home_ptr home) noexcept : home_(std::move(home)) {}

  void abandoned(request&& x) override;
  void doubtful(const failure& x) override;
  void settled(const doubt_settlement& x) override;

protected:
  void count_done() noexcept {
    if (home_->record) home_->record->done();
  }
  void count_failed(const failure& x) {
    if (home_->record) home_->record->failed(x);
  }
  const answer_home& home() const noexcept { return *home_; }

private:
  answer_home_ptr home_;
};

/// Answers through a response promise.
class promise_responder final : public rescuing_responder {
public:
  promise_responder(caf::response_promise to, answer_home_ptr home, answer_form form) noexcept
    : rescuing_responder(std::move(home)), to_(std::move(to)), form_(form) {}

  void done(reply x) override;
  void done_single(result x) override;
  void failed(failure x) override;

  /// Who is waiting; may be invalid.
  const caf::strong_actor_ptr& asker() const noexcept { return to_.source(); }

private:
  caf::response_promise to_;
  answer_form form_;
};

} // namespace tripool
