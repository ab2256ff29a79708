// Binding actors to the loop: where they are queued, and what happens around a batch of messages.
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/reactor/current.hpp"

#include "tripool/actors/error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace tripool {

loop_actor::loop_actor(caf::actor_config& cfg, reactor* loop) : super(cfg), loop_(loop), alarm_(*this) {
  // What strangers send must not end an actor: an answer that nobody expected comes back as an error message.
  set_error_handler([](caf::error&) {});
  set_default_handler(caf::drop);
  set_exception_handler([](std::exception_ptr& x) { return exception_error(x); });
  if (loop_) loop_->enrol(this);
}

void loop_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  // The loop may be gone when somebody writes to an actor that has ended.
  if (loop_ && current_reactor() == loop_ && take_near(what)) return;
  super::enqueue(std::move(what), loop_ ? loop_ : unit);
}

void loop_actor::launch(caf::execution_unit* unit, bool lazy, bool hide) {
  // Lives until it ends: an actor that waits for its timer or its socket only would otherwise die with its last handle,
  // on whatever thread that was.
  if (loop_) self_ = caf::actor_cast<caf::strong_actor_ptr>(this);
  super::launch(loop_ ? loop_ : unit, lazy, hide);
}

loop_actor::subtype_t loop_actor::subtype() const {
  return loop_ ? caf::resumable::io_actor : super::subtype();
}

loop_actor::resume_result loop_actor::resume(caf::execution_unit* unit, std::size_t throughput) {
  // On the scheduler the next message may have given the actor to another thread as soon as its mailbox was found
  // empty, while this one is not done with it.
  const auto alone = loop_ ? std::unique_lock<std::mutex>{} : std::unique_lock{turn_};
  const auto r = gathers_ ? run_near(throughput) : super::resume(loop_ ? loop_ : unit, throughput);
  if (r != caf::resumable::done) guarded([this] { on_drained(); });
  if (!loop_) context(nullptr); // Its promises may be fulfilled by others, when this unit is long gone.
  return r;
}

/// Takes a message past the mailbox, if that makes no difference to the order: nothing else waits for this actor. What
/// comes from elsewhere meanwhile goes into the mailbox, and everything behind that, too. On the loop's thread.
bool loop_actor::take_near(caf::mailbox_element_ptr& what) {
  if (!what->mid.is_normal_message()) return false; // Urgent ones overtake, those of streams have queues of their own.
  if (gathers_) {
    if (!mailbox().empty()) return false;
  } else {
    if (!mailbox().try_unblock()) return false; // It has its turn or waits for it already, or it has ended.
    gathers_ = true;
    caf::intrusive_ptr_add_ref(ctrl());
    loop_->exec_later(this);
  }
  near_.push_back(std::move(what));
  return true;
}

/// Whether messages may be handled without CAF's care for those that were skipped, for awaited answers and for streams.
bool loop_actor::is_plain() noexcept {
  auto& queues = mailbox().queue().queues();
  return awaited_responses_.empty() && stream_managers().empty() && pending_stream_managers().empty()
         && std::get<normal_queue_index>(queues).cache().empty()
         && std::get<urgent_queue_index>(queues).cache().empty();
}

/// A turn for what was sent from the loop's own thread. Whatever is not as simple as that is CAF's, in the same order.
loop_actor::resume_result loop_actor::run_near(std::size_t throughput) {
  std::size_t handled = 0;
  bool alive = activate(loop_);
  bool plain = alive && is_plain();
  while (plain && handled < throughput && mailbox().empty()) {
    auto x = near_.pop_front();
    if (!x) break;
    switch (reactivate(*x)) {
      case activation_result::success: ++handled; break;
      case activation_result::dropped: break;
      case activation_result::terminated: plain = alive = false; break;
      case activation_result::skipped:
        // Not by `push_to_cache`, which counts it among the uncached ones, too.
        std::get<normal_queue_index>(mailbox().queue().queues()).cache().push_back(std::move(x));
        plain = false;
        break;
    }
  }
  gathers_ = false;
  if (!alive) {
    while (auto x = near_.pop_front()) super::enqueue(std::move(x), loop_); // It has ended: whoever asked is told so.
    return caf::resumable::done;
  }
  if (handled > 0) set_receive_timeout();
  if (near_.empty() && is_plain() && mailbox().try_block()) return caf::resumable::awaiting_message;
  while (auto x = near_.pop_front()) mailbox().queue().push_back(std::move(x));
  return handled < throughput ? super::resume(loop_, throughput - handled) : caf::resumable::resume_later;
}

void loop_actor::on_exit() {
  on_end();
  if (!loop_) return;
  loop_->disarm(alarm_);
  loop_->leave(this);
  self_ = nullptr; // Whoever runs this actor now holds it as well.
}

void loop_actor::failed() noexcept {
  caf::anon_send_exit(caf::actor_cast<caf::actor>(this), caf::exit_reason::kill);
}

time_point loop_actor::now() const {
  return loop_ ? loop_->now() : home_system().clock().now();
}

void loop_actor::wake_at(std::optional<time_point> when) {
  if (loop_) {
    if (!when) {
      loop_->disarm(alarm_);
    } else if (!alarm_.armed() || alarm_.when() != *when) {
      loop_->arm(alarm_, *when);
    }
    return;
  }
  // A message that is under way cannot be called back: a later one is asked for when it arrives.
  if (!when || (armed_ && *armed_ <= *when)) return;
  armed_ = when;
  delayed_send(this, std::max(*when - now(), duration::zero()), tick_msg{});
}

void loop_actor::alarm::expired() {
  caf::anon_send(caf::actor_cast<caf::actor>(&owner_), tick_msg{});
}

} // namespace tripool
