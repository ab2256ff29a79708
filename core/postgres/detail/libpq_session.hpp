// One database session over a libpq connection in non-blocking pipeline mode.
//
//   dialling --(connected)--> open --(loss found)--> losing --(reported)--> lost
//       \--------------(failed)-----------------------^
//
// A loss is reported from `on_ready` or `flush` only, after everything that had arrived was delivered; found elsewhere,
// it calls the waker. Every operation handed to libpq stands in `expected_` until its one result is delivered; an
// answer that does not fit the head of that queue means that libpq lost track, and ends the session rather than risk an
// answer for the wrong statement. Knows nothing of requests. Made by the session factory.
#pragma once

#include "tripool/core/ports/session.hpp"
#include "tripool/core/postgres/detail/copy_wire.hpp"
#include "tripool/core/postgres/detail/handles.hpp"
#include "tripool/core/postgres/detail/log_in_helper.hpp"
#include "tripool/core/postgres/detail/notices.hpp"
#include "tripool/core/postgres/detail/parameter_watch.hpp"
#include "tripool/core/postgres/detail/parameters.hpp"
#include "tripool/core/postgres/detail/socket.hpp"
#include "tripool/core/postgres/detail/trace_file.hpp"
#include "tripool/core/postgres/detail/transaction_status.hpp"

#include <deque>

namespace tripool::postgres {

class libpq_session final : public session {
public:
  libpq_session(const dial_target& to, const credential& with, std::function<void()> wake,
                std::shared_ptr<log_in_helper> helper);
  ~libpq_session() override;
  libpq_session(const libpq_session&) = delete;
  libpq_session& operator=(const libpq_session&) = delete;

  watch_interest interest() const noexcept override { return interest_; }
  std::optional<session_traffic> traffic() const override { return traffic_of(interest_.fd); }
  void watch_parameters(bool on) override;
  void on_ready(bool readable, bool writable, session_sink& sink) override;
  bool prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t> types) override;
  bool execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format f) override;
  bool execute(const std::string& text, std::span<const parameter> parameters, result_format f) override;
  bool close_prepared(const std::string& name) override;
  bool sync() override;
  bool begin_copy(const std::string& text) override;
  bool copy_put(std::span<const std::byte> piece) override;
  bool copy_end(const std::optional<std::string>& fail_because) override;
  void pause_copy() override;
  void resume_copy(session_sink& sink) override;
  bool flush(session_sink& sink) override;
  std::size_t incoming_bytes() const noexcept override { return meter_.bytes(); }
  std::unique_ptr<canceller> make_canceller() override;

private:
  enum class phase : std::uint8_t { dialling, open, losing, lost };

  struct operation {
    enum class kind : std::uint8_t { prepare, run, close, sync };
    kind what = kind::run;
    transaction_control control = transaction_control::none;
  };

  // Dialling (libpq_session.cpp).
  void dial_on(bool readable, bool writable, session_sink& sink);
  void step_taken(PostgresPollingStatusType next, session_sink& sink);
  void opened(session_sink& sink);
  void watch(bool read, bool write) noexcept;

  /// What a COPY does at the moment; outside of it the connection is in pipeline mode.
  enum class copying : std::uint8_t { none, begun, in, out, ending };

  // Operations (libpq_operations.cpp).
  bool can_send() const noexcept { return phase_ == phase::open && !failure_ && copy_.now == copying::none; }
  bool sent(int accepted, operation x);

  // Answers (libpq_answers.cpp).
  void write_out();
  void read_in();
  void settle(session_sink& sink);
  void deliver_results(session_sink& sink);
  void answer(result_handle x, session_sink& sink);
  void answer_error(const PGresult& x, session_sink& sink);
  void answer_sync(session_sink& sink);
  void answer_copy(ExecStatusType direction, session_sink& sink);
  void finish_head(wire_result&& x, session_sink& sink);
  void deliver_out_of_turn(session_sink& sink);
  void deliver_notices(session_sink& sink);
  void report_flags(session_sink& sink);
  void report_flag(const char* name, std::optional<bool>& known, session_sink& sink);

  // COPY (libpq_copy.cpp).
  void deliver_copy(session_sink& sink);
  bool deliver_copy_data(session_sink& sink);
  bool deliver_copy_result(session_sink& sink);
  void copy_answered(result_handle x);
  void start_data(const PGresult& x, session_sink& sink);
  void finish_copy(session_sink& sink);
  bool put_through_libpq(std::span<const std::byte> piece);
  void write_copy_data();
  void end_copy_data();
  bool heed_copy_error();

  // Losing (libpq_session.cpp).
  /// Remembers why the session cannot go on; the first reason stands.
  void fail(std::string message, std::string sqlstate = {});
  /// The same, and nothing more that libpq may have is to be believed.
  void go_astray(std::string message);
  void report_loss(session_sink& sink);

  std::unique_ptr<notice_buffer> notices_; // must outlive conn_
  trace_file trace_;                       // and so must this
  conn_handle conn_;
  std::unique_ptr<log_in_step> log_in_; ///< While dialling. `conn_` is another thread's while a step is under way.
  dial_target target_;                  // emptied of what is not needed once open
  std::function<void()> wake_;
  phase phase_ = phase::dialling;
  watch_interest interest_;
  std::optional<session_loss> failure_; ///< Why the session will be lost, once everything that arrived is delivered.

  std::deque<operation> expected_;
  bool null_due_ = false; ///< libpq ends each operation's results, but a sync's, with a null.
  bool astray_ = false;   ///< libpq's results mean nothing any more.
  bool settling_ = false; ///< The sink is being called: it may come back in through `flush`.
  bool settle_again_ = false;
  std::optional<server_message> sync_error_; ///< Why the commit at the sync that heads the queue failed.
  std::optional<bool> hot_standby_;
  std::optional<bool> read_only_;

  /// The COPY under way.
  struct copy_state {
    copying now = copying::none;
    bool paused = false;
    bool beside_libpq = false;             ///< Data goes through `copy_wire_`: the connection is not encrypted.
    bool refused = false;                  ///< The server takes no more data.
    bool end_due = false;                  ///< The data is to end when all of it is written.
    std::optional<std::string> end_reason; ///< Why the server is then to refuse it.
    std::optional<wire_result> result;     ///< Told when libpq is back in pipeline mode.
  };
  copy_state copy_;
  copy_wire copy_wire_;

  parameter_buffer parameters_;
  parameter_watch parameter_watch_;
  control_names controls_;
  transaction_status transaction_;
  cork cork_;
  incoming_meter meter_;
  std::size_t syncs_unflushed_ = 0;
  bool completed_answer_ = false; ///< Since the last read.
};

} // namespace tripool::postgres
