// Wrapping a borrower's messages.
#include "tripool/actors/remote/remote_session.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

namespace {

/// Tells the session's actor that the last copy of its handle is gone.
class remote_hold {
public:
  explicit remote_hold(caf::actor_addr who) : who_(std::move(who)) {}
  remote_hold(const remote_hold&) = delete;
  remote_hold& operator=(const remote_hold&) = delete;
  ~remote_hold() {
    if (auto to = caf::actor_cast<caf::actor>(who_)) caf::anon_send(to, dropped_msg{});
  }

private:
  caf::actor_addr who_;
};

} // namespace

remote_session::remote_session(caf::actor_config& cfg, caf::actor to, node_index node, std::uint64_t link,
                               std::uint64_t session, bool atomic, caf::actor_addr borrower)
  : loop_actor(cfg, nullptr),
    to_(std::move(to)),
    node_(node),
    link_(link),
    session_(session),
    atomic_(atomic),
    borrower_(std::move(borrower)) {
  // nop
}

std::shared_ptr<const void> remote_session::hold_of(const caf::actor& who) {
  return std::make_shared<const remote_hold>(who.address());
}

caf::behavior remote_session::make_behavior() {
  monitor(to_);
  if (borrower_) monitor(borrower_);
  set_down_handler([this](caf::down_msg&) { quit(caf::exit_reason::user_shutdown); });
  return caf::message_handler{
    [this](statement& x) { return delegate(to_, wrap(std::move(x))); },
    [this](batch& x) { return delegate(to_, wrap(std::move(x))); },
    [this](fetch& x) { return delegate(to_, wrap(x)); },
    [this](close_stream& x) { return delegate(to_, wrap(x)); },
    [this](copy_chunk& x) { return delegate(to_, wrap(std::move(x))); },
    [this](copy_end& x) { return delegate(to_, wrap(x)); },
    [this](copy_fail& x) { return delegate(to_, wrap(std::move(x))); },
    [this](next_chunk& x) { return delegate(to_, wrap(x)); },
    [this](close_copy& x) { return delegate(to_, wrap(x)); },
    [this](dropped_msg) { quit(); },
  }
    .or_else(transactions());
}

caf::message_handler remote_session::transactions() {
  return {
    [this](begin& x) { return delegate(to_, wrap(std::move(x))); },
    [this](commit& x) { return delegate(to_, wrap(x)); },
    [this](rollback& x) { return delegate(to_, wrap(x)); },
    [this](savepoint& x) { return delegate(to_, wrap(std::move(x))); },
    [this](rollback_to& x) { return delegate(to_, wrap(std::move(x))); },
    [this](release_savepoint& x) { return delegate(to_, wrap(std::move(x))); },
    [this](release& x) { return delegate(to_, wrap(x)); },
  };
}

void remote_session::on_end() {
  if (borrower_) demonitor(borrower_); // Else both would remember every session that there was.
  if (!to_) return;
  demonitor(to_);
  send(to_, session_drop_msg{node_, link_, session_});
  to_ = nullptr;
}

} // namespace tripool
