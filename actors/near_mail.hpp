// What an actor on the loop was sent from the loop's own thread while nothing else waited for it: a plain list, since
// only that thread touches it. CAF's mailbox is open to all threads and divided into four queues by kind.
// Decides nothing. Used by loop_actor.
#pragma once

#include <caf/mailbox_element.hpp>

#include <utility>

namespace tripool {

/// Messages, first in, first out. The messages themselves are its links: it takes no memory of its own.
class near_mail {
public:
  near_mail() noexcept = default;
  ~near_mail() {
    while (pop_front()) {
      // Those that are left are destroyed here.
    }
  }
  near_mail(const near_mail&) = delete;
  near_mail& operator=(const near_mail&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }

  /// Precondition: not null.
  void push_back(caf::mailbox_element_ptr x) noexcept {
    auto* last = x.release();
    last->next = nullptr;
    (first_ ? last_->next : first_) = last;
    last_ = last;
  }

  /// Returns the first one, or null when there is none.
  caf::mailbox_element_ptr pop_front() noexcept {
    if (!first_) return nullptr;
    caf::mailbox_element_ptr out{static_cast<caf::mailbox_element*>(first_)};
    first_ = std::exchange(out->next, nullptr);
    return out;
  }

private:
  using link = caf::mailbox_element::node_type;

  link* first_ = nullptr;
  link* last_ = nullptr; ///< Of use only while there is a first one.
};

} // namespace tripool
