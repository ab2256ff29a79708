// A responder that records the answer of a request, for tests that ask what a caller was told.
// Knows nothing of actors. Used by unit and simulation tests.
#pragma once

#include "tripool/core/request/request.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace tripool::test {

/// What a caller heard. `answers` above 1 is a broken promise.
struct recorded_answer {
  std::optional<reply> done;
  std::optional<failure> failed;
  int answers = 0;

  bool is_done() const noexcept { return done.has_value(); }
  bool is(outcome x) const noexcept { return x == outcome::done ? is_done() : failed && failed->kind == x; }
};

using recorded = std::shared_ptr<recorded_answer>;

/// Writes the answer to where the test looks.
class recorder final : public responder {
public:
  explicit recorder(recorded to) : to_(std::move(to)) {}

  void done(reply x) override {
    ++to_->answers;
    to_->done = std::move(x);
  }
  void failed(failure x) override {
    ++to_->answers;
    to_->failed = std::move(x);
  }

private:
  recorded to_;
};

/// Makes a request whose answer stands in `second`.
template <class Body>
std::pair<request_ptr, recorded> make_recorded(Body body, time_point now, time_point deadline) {
  auto to = std::make_shared<recorded_answer>();
  auto r = std::make_shared<request>(std::move(body), std::make_unique<recorder>(to), now, deadline);
  return {std::move(r), std::move(to)};
}

} // namespace tripool::test
