// A caller of another node, here: asks the delegate in its place, and has the sessions that it borrowed. Its end is the
// end of all that: it comes with the caller's, with the link's, and with a caller that is silent for too long. So what
// a local caller's death undoes, the loss of a remote one undoes too.
// Bounded by gate_limits: what goes beyond is answered `not_executed` with the bound. Used by the gate only.
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/remote/envelope.hpp"
#include "tripool/actors/remote/gate.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace tripool {

/// The actor. Messages: remote_envelope, of its caller only; notification, notification_gap, events. These count among
/// what its caller has not read, as answers do: one that does not read them is ended, which its subscribers hear as
/// a gap.
class guest final : public loop_actor {
public:
  guest(caf::actor_config& cfg, reactor* loop, std::shared_ptr<spdlog::logger> log, caf::actor delegate,
        caf::actor caller, gate_limits limits, std::shared_ptr<const gate_identity> of);
  const char* name() const override { return "tripool.guest"; }

private:
  friend struct guest_dispatch;

  caf::behavior make_behavior() override;
  void on_drained() override;
  void on_end() override;

  void take(remote_envelope& x);
  void call(remote_envelope& x);
  std::optional<failure> refusal(const remote_envelope& x) const;
  void answer(std::uint64_t id, const remote_answer_body& x);
  void tell(remote_envelope x);
  void tell_event(const remote_event_body& x);
  void listen(std::uint64_t id, subscribe x);
  void listen_no_more(std::uint64_t id, unsubscribe x);
  /// Keeps a session that was lent, and tells its number.
  remote_session_info keep(const session_handle& x);
  template <class Reply, class Message>
  void ask(std::uint64_t id, const caf::actor& to, Message x);
  template <class Message>
  void ask_done(std::uint64_t id, const caf::actor& to, Message x);
  template <class Handle, class Message>
  void ask_session(std::uint64_t id, Message x);
  template <class Reply, class Message>
  void look(std::uint64_t id, Message x);
  bool reads_nothing();

  std::shared_ptr<spdlog::logger> log_;
  caf::actor delegate_;
  caf::actor caller_;
  gate_limits limits_;
  std::shared_ptr<const gate_identity> of_;
  std::map<std::uint64_t, std::size_t> outstanding_; ///< Unanswered calls, with their bytes.
  std::size_t outstanding_bytes_ = 0;
  std::set<std::string> channels_; ///< It listens to.
  std::size_t channels_asked_ = 0; ///< Without an answer yet, each as often as it was asked for.
  std::uint64_t sent_bytes_ = 0;   ///< See unread_size.
  std::uint64_t read_bytes_ = 0;   ///< Of these, as the caller says.
  std::map<std::uint64_t, session_handle> sessions_;
  std::size_t ordered_ = 0; ///< Sessions that are being borrowed.
  std::size_t looks_ = 0;   ///< Unanswered.
  std::uint64_t last_session_ = 0;
  time_point heard_;
};

} // namespace tripool
