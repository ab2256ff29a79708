// Binding actors to the loop: where they are queued, and what happens around a batch of messages.
#include "tripool/actors/loop_actor.hpp"

#include "tripool/actors/error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
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
  const auto r = super::resume(loop_ ? loop_ : unit, throughput);
  if (r != caf::resumable::done) guarded([this] { on_drained(); });
  if (!loop_) context(nullptr); // Its promises may be fulfilled by others, when this unit is long gone.
  return r;
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
