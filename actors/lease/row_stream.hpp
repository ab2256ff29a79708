// A result of any size in its consumer's hands, as an actor: a cursor on a connection of its own, read chunk by chunk
// as the consumer asks, one ahead.
// Holds no policy (see stream_machine and lease_machine). Started by the connection that lends its session.
#pragma once

#include "tripool/actors/lease/borrowed_session.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/core/lease/stream_machine.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace tripool {

/// The actor. Messages: fetch, close_stream.
class row_stream final : public borrowed_session {
public:
  row_stream(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got, request_ptr order,
             lender from);
  const char* name() const override { return "tripool.row_stream"; }

private:
  class fetched;

  caf::message_handler commands() override;
  std::shared_ptr<const loan> make_loan(session_handle x) override;
  void on_ready_to_use(const std::vector<result>& opened) override;
  void on_gone() override;
  void on_turn() override;
  std::optional<time_point> own_wake() const override { return stream_.next_wake(); }

  void carry_out();
  void send_command(lease_task what, std::string text);
  void answer(stream_answer x);

  stream_machine stream_;
  result_format format_ = result_format::binary;
  std::chrono::milliseconds timeout_{0};
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, caf::typed_response_promise<rows_chunk>> promises_;
  std::vector<caf::response_promise> closers_; ///< Answered when the session has gone.
  bool gone_ = false;
};

} // namespace tripool
