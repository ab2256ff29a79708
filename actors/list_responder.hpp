// Gathers the ends of independent statements that came in one message, and answers when the last has come.
// Each statement is a request of its own, which may end on any thread. Used by the delegate.
#pragma once

#include "tripool/actors/responder.hpp"
#include "tripool/core/statement/statement_list.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace tripool {

/// The answer as far as it has come; shared by its statements' responders.
class list_in_progress {
public:
  /// Precondition: `size > 0`.
  list_in_progress(caf::response_promise to, std::size_t size);

  /// Notes how the statement at `position` ended: once for each. The last one delivers the answer.
  void ended(std::size_t position, statement_end how);

private:
  caf::response_promise to_;
  std::vector<statement_end> ends_;
  std::atomic<std::size_t> missing_;
};

/// Answers one of the list's statements.
class list_responder final : public rescuing_responder {
public:
  list_responder(std::shared_ptr<list_in_progress> all, std::size_t position, answer_home_ptr home) noexcept
    : rescuing_responder(std::move(home)), all_(std::move(all)), position_(position) {}

  void done(reply x) override;
  void done_single(result x) override;
  void failed(failure x) override;

private:
  std::shared_ptr<list_in_progress> all_;
  std::size_t position_;
};

} // namespace tripool
