// Reading what the server answers, and telling the sink: one result for each operation, in their order; then what came
// out of turn; at last the loss.
#include "tripool/core/postgres/detail/dial.hpp"
#include "tripool/core/postgres/detail/libpq_session.hpp"

namespace tripool::postgres {

namespace {

/// The status byte as the server sent it, or 0 while libpq has more to do and does not tell.
char told_status(const PGconn* conn) noexcept {
  switch (PQtransactionStatus(conn)) {
    case PQTRANS_IDLE: return 'I';
    case PQTRANS_INTRANS: return 'T';
    case PQTRANS_INERROR: return 'E';
    default: return 0;
  }
}

/// The results around framed statements are all the same: they are made once a thread, so that no loop counts
/// references where another one does. Null for all others.
const result* frame_result(std::string_view tag) {
  thread_local const result begun{std::make_shared<const owned_result>("BEGIN", std::vector<owned_result::column>{},
                                                                       std::vector<std::vector<owned_result::cell>>{})};
  thread_local const result committed{std::make_shared<const owned_result>(
    "COMMIT", std::vector<owned_result::column>{}, std::vector<std::vector<owned_result::cell>>{})};
  if (tag == "BEGIN") return &begun;
  return tag == "COMMIT" ? &committed : nullptr;
}

} // namespace

void libpq_session::write_out() {
  syncs_unflushed_ = 0;
  heed_copy_error();
  write_copy_data();
  const int left = PQflush(conn_.get());
  cork_.lift();
  interest_.write = left > 0 || (copy_.now == copying::in && !copy_wire_.idle());
  if (left < 0) {
    fail(one_line(PQerrorMessage(conn_.get())));
  }
}

void libpq_session::read_in() {
  completed_answer_ = false;
  if (!heed_copy_error()) {
    return;
  }
  meter_.before_read();
  PGconn* const conn = conn_.get();
  bool alive = PQconsumeInput(conn) != 0;
  if (alive && PQsslInUse(conn)) {
    // A TLS record may be larger than what libpq read of it; the rest waits in the TLS library, where the socket's
    // readiness does not show it.
    alive = PQconsumeInput(conn) != 0;
  }
  if (!alive) {
    fail(one_line(PQerrorMessage(conn)));
  }
  if (interest_.write) {
    write_out(); // reading has written, too
  }
}

void libpq_session::settle(session_sink& sink) {
  if (settling_) {
    settle_again_ = true; // the outer call goes on with it
    return;
  }
  settling_ = true;
  do {
    settle_again_ = false;
    if (copy_.now == copying::none) {
      deliver_results(sink);
    }
    deliver_copy(sink);
    deliver_out_of_turn(sink);
  } while (settle_again_);
  settling_ = false;
  if (const auto& fatal = notices_->fatal()) {
    failure_.reset(); // what the server says explains more than a closed socket
    fail(line_of(*fatal), fatal->sqlstate);
  }
  if (failure_) {
    if (failure_->sqlstate.empty() && notices_->farewell()) {
      failure_->sqlstate = notices_->farewell()->sqlstate;
      failure_->message = line_of(*notices_->farewell());
    }
    report_loss(sink);
  }
}

void libpq_session::deliver_results(session_sink& sink) {
  PGconn* const conn = conn_.get();
  while (!astray_ && (!expected_.empty() || null_due_)) {
    const bool busy = PQisBusy(conn) != 0;
    deliver_notices(sink);
    if (busy) {
      return;
    }
    result_handle x{PQgetResult(conn)};
    deliver_notices(sink);
    if (x && !expected_.empty()) {
      null_due_ = PQresultStatus(x.get()) != PGRES_PIPELINE_SYNC;
      answer(std::move(x), sink);
    } else if (!x && null_due_) {
      null_due_ = false;
    } else {
      go_astray("the client library gave no result where one was due, or one that nothing had asked for");
    }
  }
}

void libpq_session::answer(result_handle x, session_sink& sink) {
  const auto status = PQresultStatus(x.get());
  const operation head = expected_.front();
  if ((status == PGRES_PIPELINE_SYNC) != (head.what == operation::kind::sync) && status != PGRES_FATAL_ERROR) {
    go_astray("the client library answered one operation as if it were another");
    return;
  }
  switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: {
      wire_result w;
      if (head.what == operation::kind::run) {
        const auto* known = status == PGRES_COMMAND_OK ? frame_result(PQcmdStatus(x.get())) : nullptr;
        w.rows = known ? *known : result{std::make_shared<const libpq_result>(std::move(x), types())};
        transaction_.completed(head.control, w.rows.command_tag());
      }
      finish_head(std::move(w), sink);
      break;
    }
    case PGRES_PIPELINE_ABORTED: {
      wire_result w;
      w.what = wire_result::kind::aborted;
      finish_head(std::move(w), sink);
      break;
    }
    case PGRES_PIPELINE_SYNC: answer_sync(sink); break;
    case PGRES_FATAL_ERROR: answer_error(*x, sink); break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: answer_copy(status, sink); break;
    default: go_astray("the client library gave a result of an unknown kind"); break;
  }
}

void libpq_session::answer_error(const PGresult& x, session_sink& sink) {
  wire_result w;
  w.what = wire_result::kind::error;
  w.error = message_of(x);
  if (w.error.sqlstate.empty()) {
    // libpq's own error: the connection broke or memory ran out. It says nothing about what the statement did.
    go_astray(w.error.message);
    return;
  }
  const bool fatal = ends_session(w.error);
  if (fatal) {
    failure_.reset();
    fail(line_of(w.error), w.error.sqlstate);
  }
  const operation head = expected_.front();
  if (head.what != operation::kind::sync) {
    transaction_.failed(head.control, w.error.sqlstate);
    finish_head(std::move(w), sink);
  } else if (!fatal) {
    sync_error_ = std::move(w.error); // ReadyForQuery is still to come
  }
}

void libpq_session::answer_sync(session_sink& sink) {
  if (parameter_watch_.is_on()) {
    parameter_watch_.tell_changes(conn_.get(), sink);
    report_flags(sink);
  }
  wire_result w;
  w.what = wire_result::kind::sync;
  if (const char told = told_status(conn_.get())) {
    transaction_.is(told);
  }
  w.transaction_status = transaction_.value();
  if (sync_error_) {
    w.error = std::move(*sync_error_);
    sync_error_.reset();
  }
  finish_head(std::move(w), sink);
}

void libpq_session::answer_copy(ExecStatusType direction, session_sink& sink) {
  if (direction == PGRES_COPY_IN) {
    // Without the end of its data, which never comes, the server rolls it back: this much is certain. What a COPY TO
    // STDOUT did is not (its query may write), so the loss below is all that is said of it.
    wire_result w;
    w.what = wire_result::kind::error;
    w.error.severity = "ERROR";
    w.error.sqlstate = "0A000";
    w.error.message = "COPY FROM STDIN is not possible here";
    w.error.hint = "Send it as a COPY, or insert the rows with INSERT.";
    finish_head(std::move(w), sink);
  }
  go_astray("closed because a COPY was begun, which is not possible here");
}

void libpq_session::finish_head(wire_result&& x, session_sink& sink) {
  expected_.pop_front();
  meter_.answer_completed();
  completed_answer_ = true;
  sink.on_result(std::move(x));
}

void libpq_session::deliver_notices(session_sink& sink) {
  while (!notices_->empty()) {
    for (server_message& x : notices_->take()) {
      sink.on_notice(std::move(x));
    }
  }
}

void libpq_session::deliver_out_of_turn(session_sink& sink) {
  PGconn* const conn = conn_.get();
  while (notify_handle x{PQnotifies(conn)}) {
    sink.on_notification(x->relname, x->extra ? x->extra : "", x->be_pid);
  }
  deliver_notices(sink);
  report_flags(sink);
}

void libpq_session::watch_parameters(bool on) {
  parameter_watch_.turn(on, conn_.get());
  // Who watched may have taken it for its own doing: the next sink hears what still holds.
  if (!on && read_only_ == true) read_only_.reset();
}

void libpq_session::report_flags(session_sink& sink) {
  report_flag("in_hot_standby", hot_standby_, sink);
  report_flag("default_transaction_read_only", read_only_, sink);
}

void libpq_session::report_flag(const char* name, std::optional<bool>& known, session_sink& sink) {
  const auto now = reported_flag(conn_.get(), name);
  if (now && now != known) {
    known = now;
    sink.on_parameter(name, *now ? "on" : "off");
  }
}

} // namespace tripool::postgres
