// COPY: out of pipeline mode, which does not know it, and back into it when it has ended. The simple protocol carries
// it, because there one ReadyForQuery ends it however it fails; in the extended one a COPY FROM that fails before the
// server reads its data is followed by two, and the second would pass for the answer of the next Sync.
//
// libpq looks at the server's answer only once the data has ended: an error in the middle would stay unknown until
// then. So data goes into the socket beside libpq (copy_wire), and what the server says is looked at there before libpq
// reads it. Not so on encrypted connections.
#include "tripool/core/postgres/detail/libpq_session.hpp"

#include <algorithm>

namespace tripool::postgres {

namespace {

struct free_memory {
  void operator()(char* x) const noexcept { PQfreemem(x); }
};

} // namespace

bool libpq_session::begin_copy(const std::string& text) {
  PGconn* const conn = conn_.get();
  if (!can_send() || !expected_.empty() || null_due_) {
    return false;
  }
  if (!PQexitPipelineMode(conn) || !PQsendQuery(conn, text.c_str())) {
    fail(one_line(PQerrorMessage(conn)));
    if (wake_) {
      wake_();
    }
    return false;
  }
  copy_ = {};
  copy_.now = copying::begun;
  copy_.beside_libpq = !PQsslInUse(conn) && !PQgssEncInUse(conn);
  copy_wire_.begin(interest_.fd);
  return true;
}

bool libpq_session::copy_put(std::span<const std::byte> piece) {
  if (phase_ != phase::open || failure_) {
    return false;
  }
  heed_copy_error();
  if (copy_.now != copying::in || copy_.end_due) {
    return false;
  }
  if (!copy_.beside_libpq) {
    return put_through_libpq(piece);
  }
  if (!copy_wire_.put(piece)) {
    fail(copy_wire_.error());
    if (wake_) {
      wake_();
    }
    return false;
  }
  return true;
}

bool libpq_session::put_through_libpq(std::span<const std::byte> piece) {
  // libpq takes an int; a message of the protocol is no longer than that anyway.
  constexpr std::size_t piece_max = std::size_t{1} << 20U;
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), piece_max));
    if (PQputCopyData(conn_.get(), reinterpret_cast<const char*>(part.data()), static_cast<int>(part.size())) != 1) {
      fail(one_line(PQerrorMessage(conn_.get())));
      if (wake_) {
        wake_();
      }
      return false;
    }
    piece = piece.subspan(part.size());
  }
  return true;
}

bool libpq_session::copy_end(const std::optional<std::string>& fail_because) {
  if (phase_ != phase::open || failure_ || copy_.now != copying::in || copy_.end_due) {
    return false;
  }
  copy_.end_due = true;
  copy_.end_reason = fail_because;
  end_copy_data();
  if (failure_) {
    if (wake_) {
      wake_();
    }
    return false;
  }
  return true;
}

/// Hands the end of the data to libpq, once everything before it is written.
void libpq_session::end_copy_data() {
  if (copy_.now != copying::in || !copy_.end_due || (copy_.beside_libpq && !copy_wire_.idle())) {
    return;
  }
  copy_.now = copying::ending;
  if (PQputCopyEnd(conn_.get(), copy_.end_reason ? copy_.end_reason->c_str() : nullptr) != 1) {
    fail(one_line(PQerrorMessage(conn_.get())));
  }
}

/// Writes what the socket did not take before.
void libpq_session::write_copy_data() {
  if (copy_.now != copying::in || !copy_.beside_libpq) {
    return;
  }
  if (!copy_wire_.write()) {
    fail(copy_wire_.error());
  }
  end_copy_data();
}

void libpq_session::pause_copy() {
  if (phase_ == phase::open && (copy_.now == copying::begun || copy_.now == copying::out)) {
    copy_.paused = true;
    interest_.read = copy_.now != copying::out;
  }
}

void libpq_session::resume_copy(session_sink& sink) {
  if (phase_ != phase::open || !copy_.paused) {
    return;
  }
  copy_.paused = false;
  interest_.read = true;
  if (PQsslInUse(conn_.get())) {
    read_in(); // the rest of a TLS record does not show in the socket
  }
  settle(sink);
}

/// Ends the data when the server has refused it already: it discards all that still comes. Returns whether libpq may
/// read what waits in the socket: nothing that was not looked at.
bool libpq_session::heed_copy_error() {
  if (!copy_.beside_libpq || (copy_.now != copying::begun && copy_.now != copying::in)) {
    return true;
  }
  const auto waiting = copy_wire_.look();
  copy_.refused = copy_.refused || waiting == copy_wire::incoming::refusal;
  if (copy_.refused && copy_.now == copying::in && !copy_.end_due) {
    copy_.end_due = true;
    copy_.end_reason = "the server has refused the data already";
    end_copy_data();
  }
  return waiting != copy_wire::incoming::nothing;
}

void libpq_session::deliver_copy(session_sink& sink) {
  if (copy_.now == copying::in && failure_) {
    // libpq reads the server's last words only after the end of the data.
    copy_.now = copying::ending;
    PQputCopyEnd(conn_.get(), nullptr);
  }
  bool more = true;
  while (more && !astray_) {
    switch (copy_.now) {
      case copying::none:
      case copying::in: more = false; break;
      case copying::out: more = deliver_copy_data(sink); break;
      case copying::begun:
      case copying::ending: more = deliver_copy_result(sink); break;
    }
  }
}

/// One piece of data. Returns whether there may be more to do.
bool libpq_session::deliver_copy_data(session_sink& sink) {
  if (copy_.paused) {
    return false;
  }
  char* raw = nullptr;
  const int length = PQgetCopyData(conn_.get(), &raw, 1);
  const std::unique_ptr<char, free_memory> piece{raw};
  deliver_notices(sink);
  if (length == 0) {
    return false;
  }
  meter_.answer_completed();
  completed_answer_ = true;
  if (length > 0) {
    sink.on_copy_data({reinterpret_cast<const std::byte*>(piece.get()), static_cast<std::size_t>(length)});
  } else if (length == -1) {
    copy_.now = copying::ending;
  } else {
    go_astray("the client library lost track of a COPY: " + one_line(PQerrorMessage(conn_.get())));
  }
  return true;
}

/// One result of the statement, or its end. Returns whether there may be more to do.
bool libpq_session::deliver_copy_result(session_sink& sink) {
  PGconn* const conn = conn_.get();
  const bool busy = PQisBusy(conn) != 0;
  deliver_notices(sink);
  if (busy) {
    return false;
  }
  result_handle x{PQgetResult(conn)};
  deliver_notices(sink);
  if (!x) {
    finish_copy(sink);
    return false;
  }
  const auto status = PQresultStatus(x.get());
  const bool moves = status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
  if (moves && copy_.now == copying::begun && !copy_.result) {
    start_data(*x, sink);
  } else if (moves || status == PGRES_COPY_BOTH) {
    go_astray("closed because one text began several COPYs, or a replication stream");
  } else {
    copy_answered(std::move(x));
    if (failure_ && copy_.result) {
      finish_copy(sink); // its end will not come
    }
  }
  return true;
}

void libpq_session::start_data(const PGresult& x, session_sink& sink) {
  copy_start what;
  what.direction = PQresultStatus(&x) == PGRES_COPY_IN ? copy_direction::in : copy_direction::out;
  what.format = PQbinaryTuples(&x) ? result_format::binary : result_format::text;
  what.columns = static_cast<std::size_t>(PQnfields(&x));
  copy_.now = what.direction == copy_direction::in ? copying::in : copying::out;
  interest_.read = copy_.now == copying::in || !copy_.paused;
  sink.on_copy_start(what);
  heed_copy_error(); // the refusal may have come together with the start
}

/// Keeps the result until libpq has said that it was the last. The first error stands.
void libpq_session::copy_answered(result_handle x) {
  wire_result w;
  if (PQresultStatus(x.get()) == PGRES_FATAL_ERROR) {
    w.what = wire_result::kind::error;
    w.error = message_of(*x);
    if (w.error.sqlstate.empty()) {
      go_astray(w.error.message);
      return;
    }
    if (ends_session(w.error)) {
      failure_.reset();
      fail(line_of(w.error), w.error.sqlstate);
    }
  } else {
    w.rows = result{std::make_shared<const libpq_result>(std::move(x))};
    if (!w.rows.command_tag().starts_with("COPY ")) {
      w.what = wire_result::kind::error;
      w.error.severity = "ERROR";
      w.error.sqlstate = "42601";
      w.error.message = "the text is not a COPY, but it was run";
      w.error.hint = "Send COPY ... FROM STDIN or COPY ... TO STDOUT; send other statements as statements.";
      w.rows = {};
    }
  }
  if (!copy_.result || copy_.result->what == wire_result::kind::complete) {
    copy_.result = std::move(w);
  }
}

void libpq_session::finish_copy(session_sink& sink) {
  PGconn* const conn = conn_.get();
  interest_.read = true;
  auto w = std::exchange(copy_, {}).result;
  if (!w) {
    go_astray("the client library gave no result for a COPY");
    return;
  }
  switch (PQtransactionStatus(conn)) {
    case PQTRANS_INTRANS: transaction_.is('T'); break;
    case PQTRANS_INERROR: transaction_.is('E'); break;
    default: transaction_.is('I'); break;
  }
  w->transaction_status = transaction_.value();
  if (!failure_ && !PQenterPipelineMode(conn)) {
    fail(one_line(PQerrorMessage(conn)));
  }
  meter_.answer_completed();
  completed_answer_ = true;
  sink.on_result(std::move(*w));
}

} // namespace tripool::postgres
