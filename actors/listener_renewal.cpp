// The listener's session after a change of what sessions are opened with: a successor is dialled, and takes its place
// when it is open. Subscribers are told of the gap between the two, which is as long as it takes to listen anew; a
// successor that is not let in is none.
// Holds no policy: session_renewal and listen_machine decide.
#include "tripool/actors/listener.hpp"

#include "tripool/actors/connection.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

void listener::changed(std::size_t pool, std::uint64_t generation, duration spread) {
  newest_.resize(std::max(newest_.size(), pool + 1));
  newest_[pool] = std::max(newest_[pool], generation);
  if (session_ && pool == machine_.pool()) renewal_.changed(generation, spread, now(), random_.next());
}

/// What was changed while there was no session counts for the next one, too: it may be lent the secret that was good
/// last.
void listener::begin_renewal(std::size_t pool) {
  renewal_ = {};
  if (pool >= newest_.size() || newest_[pool] == 0) return;
  renewal_.changed(newest_[pool], env_->current()->pools[pool].credentials.rotation_spread, now(), random_.next());
}

bool listener::can_renew() const noexcept {
  return who_.carrier && session_ && !successor_ && machine_.state() == listen_machine::phase::open;
}

void listener::renew_session() {
  if (!can_renew() || !renewal_.wants_successor(now())) return;
  successor_id_ = env_->next_connection_id();
  successor_ = spawn_session(machine_.pool(), successor_id_);
  successor_since_ = now();
  renewal_.successor_dialled();
}

bool listener::from_successor() const {
  return successor_ && const_cast<listener*>(this)->current_sender() == successor_;
}

void listener::successor_opened(const opened_msg& x) {
  const auto t = now();
  const auto stay_away = [&] {
    auto away = std::exchange(successor_, nullptr);
    demonitor(away);
    send(away, close_msg{"it is not needed"});
  };
  if (!renewal_.successor_opened(x.as_of, t, random_.next())) return stay_away();
  if (!machine_.replaced("the session is replaced by one with the present secret and settings", t)) return stay_away();
  demonitor(session_);
  send(session_, close_msg{"it was opened with a secret or settings that were replaced"});
  session_ = std::exchange(successor_, nullptr);
  session_id_ = successor_id_;
  since_ = successor_since_;
  server_ = x.server;
  renewal_.opened(x.as_of, t, random_.next());
}

void listener::successor_ended() {
  demonitor(successor_);
  successor_ = nullptr;
  renewal_.successor_failed(now(), random_.next());
}

/// The session goes, and what is dialled instead of it knows the present secret anyway.
void listener::drop_successor() {
  renewal_.ended();
  if (!successor_) return;
  demonitor(successor_);
  send_exit(std::exchange(successor_, nullptr), caf::exit_reason::kill);
}

} // namespace tripool
