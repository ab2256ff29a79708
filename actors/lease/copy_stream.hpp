// A COPY in its consumer's hands, as an actor: data in or out over a connection of its own, as fast as both sides go.
// Holds no policy (see copy_machine). Started by the connection that lends its session.
#pragma once

#include "tripool/actors/lease/borrowed_session.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/core/lease/copy_machine.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tripool {

/// The actor. Messages: copy_chunk, copy_end, copy_fail of a writer; next_chunk, close_copy of a reader.
class copy_stream final : public borrowed_session {
public:
  copy_stream(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got, request_ptr order,
              lender from);
  const char* name() const override {
    return direction_ == copy_direction::in ? "tripool.copy_writer" : "tripool.copy_reader";
  }

private:
  enum class reply_kind : std::uint8_t { done, tag, data };
  struct promise {
    reply_kind what = reply_kind::done;
    caf::response_promise to;
  };

  caf::message_handler commands() override;
  caf::message_handler writer_commands();
  caf::message_handler reader_commands();
  std::shared_ptr<const loan> make_loan(session_handle x) override;
  bool opens_later() override { return true; }
  void on_ready_to_use(const std::vector<result>&) override {
    machine().lend_outside();
    drive();
  }
  void on_gone() override;
  void on_turn() override;
  std::optional<time_point> own_wake() const override { return copy_.next_wake(); }

  void on_result(wire_result&& x) override;
  void on_lost(session_loss&& x) override;
  void on_notice(server_message&& x) override;
  void on_copy_start(const copy_start& x) override;
  void on_copy_data(std::span<const std::byte> piece) override { copy_.on_data(*wire(), piece); }

  bool runs() { return machine().is_outside(); }
  std::uint64_t promised(reply_kind what);
  void drive();
  void carry_out();
  void answer(copy_answer x);

  copy_direction direction_;
  copy_machine copy_;
  copy_start started_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, promise> promises_;
};

} // namespace tripool
