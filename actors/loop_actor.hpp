// The base of every actor that may live on the event loop: messages and timers reach it on the loop's thread. Without a
// loop (in tests) it is an ordinary actor of the system's scheduler, with the system's clock: its logic cannot tell.
// Knows no pool. Base of delegate, pool, connection and the rest, and of hot callers of an embedding application.
#pragma once

#include "tripool/actors/near_mail.hpp"
#include "tripool/actors/reactor/reactor.hpp"

#include <caf/event_based_actor.hpp>

#include <mutex>
#include <optional>

namespace tripool {

/// Sent by a loop actor's timer to itself.
struct tick_msg {};

/// An actor on the loop. Derived classes return their behaviour from `make_behavior` (with a handler for `tick_msg`
/// if they use `wake_at`), do what belongs to a whole batch of messages in `on_drained`, and clean up in `on_end`.
class loop_actor : public caf::event_based_actor {
public:
  using super = caf::event_based_actor;

  /// `loop` null: an ordinary actor of the scheduler. The loop must outlive the actor.
  loop_actor(caf::actor_config& cfg, reactor* loop);

  // -- CAF's interface ---------------------------------------------------------------------------------------------
  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  void launch(caf::execution_unit* unit, bool lazy, bool hide) override;
  subtype_t subtype() const override;
  resume_result resume(caf::execution_unit* unit, std::size_t throughput) override;
  void on_exit() final;

  /// The present moment: of the loop, or of the system's (possibly virtual) clock.
  time_point now() const;

protected:
  /// Called after a batch of messages has been handled, before the actor sleeps. Not called once it has ended.
  virtual void on_drained() {}
  /// Called once when the actor ends, for whatever reason, on its own thread; its members are still alive.
  virtual void on_end() {}

  /// Asks for one `tick_msg` at `when` (or a little later); replaces what was asked before. Nothing: no tick.
  /// Ticks may also come unasked.
  void wake_at(std::optional<time_point> when);
  /// To be called by the handler of `tick_msg`.
  void ticked() noexcept {
    if (armed_ && *armed_ <= now()) armed_.reset(); // Else it is one that was asked for before the present one.
  }

  reactor* loop() const noexcept { return loop_; }

  /// Runs `f` outside of a message's handler, where CAF catches nothing: an exception ends this actor, and no other.
  template <class F>
  void guarded(F f) noexcept {
    try {
      f();
    } catch (...) {
      failed();
    }
  }

private:
  class alarm final : public wheel_timer {
  public:
    explicit alarm(loop_actor& owner) : owner_(owner) {}

  private:
    void expired() override;
    loop_actor& owner_;
  };

  void failed() noexcept;
  bool take_near(caf::mailbox_element_ptr& what);
  resume_result run_near(std::size_t throughput);
  bool is_plain() noexcept;

  reactor* loop_;
  near_mail near_;             ///< Comes before everything in the mailbox.
  bool gathers_ = false;       ///< It waits for its turn, or has it, because of what is in `near_`.
  std::mutex turn_;            ///< Without a loop: held for a batch of messages and what follows it.
  caf::strong_actor_ptr self_; ///< While it lives on a loop.
  alarm alarm_;
  std::optional<time_point> armed_;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::tick_msg)
