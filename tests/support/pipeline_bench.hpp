// One pipeline machine on one simulated session, driven as the connection actor drives it, but by hand and with a clock
// that the test owns.
//
//   pipeline_bench b;  auto a = b.write("insert 1 x");  b.drain();
//   a->is_done();      b.db.ledger().committed("insert 1 x")
//
// Used by the unit tests of core/pipeline.
#pragma once

#include "tests/support/recorder.hpp"
#include "tests/support/sim_session.hpp"

#include "tripool/core/pipeline/pipeline_machine.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool::test {

/// What the machine wanted to leave its connection, in short.
struct seen_move {
  outcome kind = outcome::not_executed;
  cause why = cause::none;
  std::string sqlstate;
};

/// The bench. Requests that the machine moves away are answered with the failure that came with them.
class pipeline_bench : private session_sink {
public:
  /// Opens a session to `db` at once.
  explicit pipeline_bench(pool_options limits = default_limits(), std::shared_ptr<pace_book> pace = {});
  ~pipeline_bench() override;

  /// The defaults, with a pool name.
  static pool_options default_limits();

  recorded write(std::string text, std::vector<parameter> parameters = {});
  recorded read(std::string text, std::vector<parameter> parameters = {});
  recorded harmless(std::string text);
  recorded run_batch(std::vector<std::string> texts, access mode = access::write);
  template <class Body>
  recorded submit(Body body) {
    auto [r, answer] = make_recorded(std::move(body), now, now + deadline);
    machine.submit(std::move(r));
    return answer;
  }

  /// Sends what may be sent, without looking at answers.
  void pump();
  /// Takes what has been answered, without sending more.
  void deliver();
  /// Sends and takes answers until nothing moves any more.
  void drain();
  /// Time passes, at one stroke; the machine hears of it once.
  void pass(duration x);
  /// Time passes in the steps that the machine asks for, as a timer that wakes it would.
  void pass_by_wakes(duration x);
  /// The cancel that the machine asked for reaches the server, and the machine hears of it.
  void deliver_cancel();
  /// The owner closes the session.
  void close(std::string reason);

  sim_link& link() { return session_->link(); }
  sim_backend& backend() { return *session_->backend(); }
  bool is_open() const noexcept { return session_ != nullptr; }

  sim_network net;
  sim_server db;
  time_point now{std::chrono::hours{1}};
  duration deadline{std::chrono::seconds{30}}; ///< Of the requests that are made from now on.
  bool cancel_at_once = false;                 ///< Cancels are delivered as soon as they are asked for.
  bool pumping = true;                         ///< False: `drain` sends nothing new.
  std::vector<seen_move> moves;
  std::vector<trouble_effect> troubles;
  std::vector<server_message> notices;
  std::uint32_t cancels_wanted = 0;
  std::optional<std::string> closed; ///< Why the machine wanted the session closed.
  bool lost = false;
  pipeline_machine machine;

private:
  void on_open(const server_info& info) override { machine.opened(info, now); }
  void on_result(wire_result&& x) override { machine.on_result(std::move(x), now); }
  void on_lost(session_loss&& x) override;
  void on_notice(server_message&& x) override;
  void on_notification(std::string_view, std::string_view, std::int32_t) override {}
  void on_parameter(std::string_view, std::string_view) override {}
  void apply_effects();

  std::unique_ptr<sim_session> session_;
  bool woken_ = false;
  bool writable_ = true;
};

} // namespace tripool::test
