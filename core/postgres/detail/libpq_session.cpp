// A session's beginning and end: dialling, opening, losing.
#include "tripool/core/postgres/detail/libpq_session.hpp"

#include "tripool/core/postgres/detail/dial.hpp"
#include "tripool/core/postgres/detail/libpq_canceller.hpp"

namespace tripool::postgres {

libpq_session::libpq_session(const dial_target& to, const credential& with, std::function<void()> wake,
                             std::shared_ptr<log_in_helper> helper)
  : notices_(std::make_unique<notice_buffer>()),
    conn_(start_dial(to, with)),
    log_in_(std::make_unique<log_in_step>(std::move(helper))),
    target_(to),
    wake_(std::move(wake)) {
  if (conn_ && PQstatus(conn_.get()) != CONNECTION_BAD) {
    notices_->install(conn_.get());
    watch(false, true); // as PQconnectStart wants
    return;
  }
  failure_ =
    conn_ ? explain_failed_dial(conn_.get()) : session_loss{session_loss::phase::dialling, {}, "out of memory"};
  phase_ = phase::losing;
  if (wake_) {
    wake_();
  }
}

libpq_session::~libpq_session() {
  if (log_in_) {
    log_in_->leave(std::move(conn_), std::move(notices_));
  }
}

void libpq_session::watch(bool read, bool write) noexcept {
  interest_.fd = PQsocket(conn_.get());
  interest_.read = read;
  interest_.write = write;
}

void libpq_session::on_ready(bool readable, bool writable, session_sink& sink) {
  switch (phase_) {
    case phase::dialling: dial_on(readable, writable, sink); break;
    case phase::open:
      if (settling_) {
        return;
      }
      if (writable) {
        write_out();
      }
      if (readable) {
        read_in();
      }
      settle(sink);
      if (readable && phase_ == phase::open && !completed_answer_ && !expected_.empty()) {
        meter_.after_fruitless_read();
      }
      break;
    case phase::losing: report_loss(sink); break;
    case phase::lost: break;
  }
}

void libpq_session::dial_on(bool readable, bool writable, session_sink& sink) {
  if (log_in_->under_way()) {
    if (const auto next = log_in_->take()) {
      step_taken(*next, sink);
    }
    return;
  }
  // libpq takes a call as the readiness that it asked for: calling it early breaks the attempt.
  if (!(readable && interest_.read) && !(writable && interest_.write)) {
    return;
  }
  if (log_in_helper::is_for(conn_.get()) && log_in_->begin(conn_.get())) {
    interest_ = {log_in_->descriptor(), true, false, interest_.epoch + 1};
    return;
  }
  step_taken(PQconnectPoll(conn_.get()), sink);
}

void libpq_session::step_taken(PostgresPollingStatusType next, session_sink& sink) {
  ++interest_.epoch; // the socket may be another one under the same number
  switch (next) {
    case PGRES_POLLING_READING: watch(true, false); break;
    case PGRES_POLLING_WRITING: watch(false, true); break;
    case PGRES_POLLING_OK:
      log_in_.reset();
      opened(sink);
      break;
    default:
      failure_ = explain_failed_dial(conn_.get());
      phase_ = phase::losing;
      deliver_notices(sink);
      report_loss(sink);
      break;
  }
}

void libpq_session::opened(session_sink& sink) {
  PGconn* const conn = conn_.get();
  if (PQsetnonblocking(conn, 1) != 0 || !PQenterPipelineMode(conn)) {
    failure_ = explain_failed_dial(conn);
    phase_ = phase::losing;
    report_loss(sink);
    return;
  }
  if (auto problem = wrong_encoding(conn)) {
    failure_ = session_loss{session_loss::phase::dialling, "22021", std::move(*problem)};
    phase_ = phase::losing;
    report_loss(sink);
    return;
  }
  phase_ = phase::open;
  watch(true, false);
  meter_.watch(interest_.fd);
#ifndef LIBPQ_HAS_SEND_PIPELINE_SYNC
  cork_.watch(is_tcp(interest_.fd) ? interest_.fd : -1);
#endif
  trace_.begin(conn, target_.trace_file); // Not before: the authentication is nobody's business.
  const server_info info = describe_server(conn, target_);
  target_ = {};
  hot_standby_ = info.in_hot_standby;
  read_only_ = info.read_only;
  settling_ = true;
  deliver_notices(sink);
  sink.on_open(info);
  settling_ = false;
}

void libpq_session::fail(std::string message, std::string sqlstate) {
  if (!failure_) {
    failure_ = session_loss{session_loss::phase::open, std::move(sqlstate), std::move(message)};
  }
}

void libpq_session::go_astray(std::string message) {
  astray_ = true;
  fail(std::move(message));
}

void libpq_session::report_loss(session_sink& sink) {
  phase_ = phase::lost;
  interest_.fd = -1;
  interest_.read = false;
  interest_.write = false;
  ++interest_.epoch;
  expected_.clear();
  meter_.answer_completed();
  sink.on_lost(std::move(*failure_));
}

std::unique_ptr<canceller> libpq_session::make_canceller() {
  return make_libpq_canceller(phase_ == phase::open ? conn_.get() : nullptr);
}

} // namespace tripool::postgres
