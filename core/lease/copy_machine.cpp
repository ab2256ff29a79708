// The transitions of a COPY.
#include "tripool/core/lease/copy_machine.hpp"

#include "tripool/core/outcome/classify.hpp"

#include <algorithm>

namespace tripool {

namespace {

failure end_of(outcome kind, cause why, std::string sqlstate, std::string message, std::string hint) {
  failure f;
  f.kind = kind;
  f.why = why;
  f.sqlstate = std::move(sqlstate);
  f.message = std::move(message);
  f.hint = std::move(hint);
  return f;
}

} // namespace

copy_machine::copy_machine(std::string text, copy_direction direction, bool reads, time_point start_by, duration grace,
                           time_point now)
  : text_(std::move(text)),
    direction_(direction),
    reads_(reads),
    start_by_(start_by),
    grace_(grace),
    idle_since_(now) {}

// -- the consumer -----------------------------------------------------------------------------------------------------

void copy_machine::reject(std::uint64_t ticket, const char* sqlstate, std::string message, const char* hint) {
  effects_.answers.push_back(
    {ticket, end_of(outcome::rejected, cause::invalid_request, sqlstate, std::move(message), hint), {}, {}, false});
}

/// Whether it came too late. Says how the COPY ended.
bool copy_machine::refuse_now(std::uint64_t ticket, time_point now) {
  idle_since_ = now;
  if (verdict_ || given_up_) {
    effects_.answers.push_back({ticket, verdict_ ? verdict_ : given_up_, {}, {}, false});
    return true;
  }
  if (state_ == state::over && (direction_ == copy_direction::in || all_given_)) {
    reject(ticket, "25000", "the COPY has ended", "Begin another.");
    return true;
  }
  if (end_ || fail_) {
    reject(ticket, "25000", "the COPY is being ended already", "Begin another.");
    return true;
  }
  return false;
}

void copy_machine::put(std::uint64_t ticket, bytes piece, time_point deadline, time_point now) {
  if (refuse_now(ticket, now)) return;
  // A stream with a hole in it must not be committed: a refused piece fails the whole.
  const char* const whole = "The COPY was failed as a whole: begin it again.";
  if (piece.size() > copy_piece_max) {
    reject(ticket, "54000", "a piece of " + std::to_string(piece.size()) + " bytes was sent; 16 MB is the most", whole);
  } else if (waiting_bytes_ + piece.size() > copy_waiting_max) {
    reject(ticket, "53400", "more than 64 MB wait to be written: wait for the answer to one piece before the next",
           whole);
  } else {
    waiting_bytes_ += piece.size();
    waiting_.push_back({ticket, deadline, std::move(piece)});
    return;
  }
  auto why = *effects_.answers.back().failed;
  abandon(std::move(why), now);
}

void copy_machine::end(std::uint64_t ticket, time_point deadline, time_point now) {
  if (!refuse_now(ticket, now)) end_ = asked{ticket, deadline, {}};
}

void copy_machine::fail(std::uint64_t ticket, std::string reason, time_point deadline, time_point now) {
  if (refuse_now(ticket, now)) return;
  fail_ = asked{ticket, deadline, {}};
  std::erase(reason, '\0');
  fail_because_ = std::move(reason);
  const auto why = end_of(outcome::rejected, cause::cancelled, "57014", "the COPY was failed by its consumer", "");
  for (auto* all : {&unwritten_, &waiting_})
    for (const auto& x : std::exchange(*all, {})) effects_.answers.push_back({x.ticket, why, {}, {}, false});
  waiting_bytes_ = 0;
}

void copy_machine::next(std::uint64_t ticket, time_point deadline, time_point now) {
  if (next_) return reject(ticket, "55000", "the COPY is being read already", "Wait for one piece before the next.");
  if (!buffer_.empty() || !refuse_now(ticket, now)) next_ = asked{ticket, deadline, {}};
  give_data(now);
}

void copy_machine::abandon(failure why, time_point now) {
  if (state_ == state::over || given_up_) return;
  given_up_ = why;
  answer_all(why);
  if (!started_) effects_.refused = std::move(why);
  buffer_.clear();
  close_at_ = now + grace_;
  fail_because_ = given_up_->message;
  effects_.cancel = begun_;
}

void copy_machine::answer_all(const failure& f) {
  const auto tell = [&](const asked& x) { effects_.answers.push_back({x.ticket, f, {}, {}, false}); };
  for (const auto& x : unwritten_) tell(x);
  for (const auto& x : waiting_) tell(x);
  for (auto* x : {&end_, &fail_, &next_})
    if (*x) tell(**x);
  unwritten_.clear();
  waiting_.clear();
  waiting_bytes_ = 0;
  end_.reset();
  fail_.reset();
  next_.reset();
}

// -- the session ------------------------------------------------------------------------------------------------------

void copy_machine::pump(session& s, bool written, time_point now) {
  if (state_ == state::starting && !begun_ && !given_up_) {
    begun_ = true;
    if (!s.begin_copy(text_)) effects_.close = "the session took no COPY";
  }
  if (state_ == state::starting && !begun_) over(std::nullopt); // Given up before it began.
  if (direction_ == copy_direction::out) return give_data(now);
  if (!written) return;
  for (const auto& x : std::exchange(unwritten_, {})) answer(x);
  if (state_ == state::flowing) send_data(s);
}

void copy_machine::send_data(session& s) {
  if (fail_because_) {
    stalled_ = !s.copy_end(fail_because_);
    if (!stalled_) state_ = state::ending;
    return;
  }
  std::size_t handed = 0;
  while (!waiting_.empty() && handed < (std::size_t{1} << 20U)) {
    auto& x = waiting_.front();
    stalled_ = !s.copy_put(x.piece);
    if (stalled_) return; // Its result is on the way.
    handed += x.piece.size();
    waiting_bytes_ -= x.piece.size();
    x.piece = {};
    unwritten_.push_back(std::move(x));
    waiting_.pop_front();
  }
  if (!end_ || !waiting_.empty()) return;
  stalled_ = !s.copy_end(std::nullopt);
  if (stalled_) return;
  end_sent_ = true;
  state_ = state::ending;
}

bool copy_machine::wants_to_write() const noexcept {
  if (direction_ == copy_direction::out) return state_ == state::starting && !begun_;
  const bool flows = state_ == state::flowing && !stalled_ && (!waiting_.empty() || end_ || fail_because_);
  return flows || !unwritten_.empty() || (state_ == state::starting && !begun_);
}

bool copy_machine::wants_to_read() const noexcept {
  return direction_ == copy_direction::out && state_ == state::flowing
         && (given_up_ || buffer_.size() < copy_buffer_max);
}

void copy_machine::on_start(const copy_start& x) {
  started_ = true;
  state_ = state::flowing;
  if (!given_up_) effects_.started = x;
}

void copy_machine::on_data(session& s, std::span<const std::byte> piece) {
  if (given_up_) return;
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
  if (buffer_.size() >= copy_buffer_max) s.pause_copy();
}

void copy_machine::give_data(time_point now) {
  if (!next_ || (buffer_.empty() && state_ != state::over)) return;
  const auto to = *std::exchange(next_, std::nullopt);
  all_given_ = state_ == state::over;
  effects_.answers.push_back({to.ticket, std::nullopt, {}, std::exchange(buffer_, {}), all_given_});
  idle_since_ = now;
}

void copy_machine::on_notice(const server_message& x) {
  notices_.add(x);
  sync_wait_cancelled_ = sync_wait_cancelled_ || is_sync_wait_cancelled(x);
}

void copy_machine::on_result(wire_result&& x) {
  status_ = x.transaction_status;
  if (x.what == wire_result::kind::complete && !sync_wait_cancelled_) {
    if (!started_ && !given_up_)
      return over(end_of(outcome::rejected, cause::protocol, "0A000", "the COPY moved no data here", ""));
    if (end_) {
      auto rows = with_notices(std::move(x.rows), notices_.take());
      effects_.answers.push_back({end_->ticket, std::nullopt, std::move(rows), {}, false});
    }
    end_.reset();
    return over(std::nullopt);
  }
  if (x.what == wire_result::kind::complete) {
    return over(end_of(outcome::in_doubt, cause::server_error, "01000",
                       "committed on this server, but the wait for its synchronous standby was cancelled",
                       "It is lost if the server is lost before a standby has it; look before copying again."));
  }
  classify_context c;
  c.is_write = !reads_;
  auto kind = outcome_of(classify(x.error, c));
  if (kind == outcome::in_doubt && direction_ == copy_direction::in && !end_sent_) kind = outcome::not_executed;
  auto f = end_of(kind, cause::server_error, x.error.sqlstate, x.error.message,
                  x.error.hint.empty() ? std::string{hint_for(x.error.sqlstate)} : x.error.hint);
  f.detail = x.error.detail;
  if (fail_) {
    answer(*std::exchange(fail_, std::nullopt));
    f = end_of(outcome::rejected, cause::cancelled, "25000", "the COPY was failed by its consumer", "Begin another.");
  }
  over(std::move(f));
}

void copy_machine::on_lost(const session_loss& x) {
  const bool nothing = reads_ || !begun_ || (direction_ == copy_direction::in && !end_sent_);
  over(end_of(nothing ? outcome::not_executed : outcome::in_doubt, cause::connection_lost, x.sqlstate,
              "the connection was lost: " + x.message,
              nothing ? "Begin the COPY again." : "Look whether it took effect before copying again."));
}

void copy_machine::over(std::optional<failure> why) {
  if (state_ == state::over) return;
  state_ = state::over;
  close_at_.reset();
  for (const auto& x : std::exchange(unwritten_, {}))
    if (!why)
      answer(x);
    else
      effects_.answers.push_back({x.ticket, why, {}, {}, false});
  if (why && !given_up_) {
    if (!started_) effects_.refused = why;
    buffer_.clear();
    verdict_ = why;
    answer_all(*why);
  }
  give_data(idle_since_);
}

// -- time -----------------------------------------------------------------------------------------------------------

std::optional<time_point> copy_machine::earliest() const noexcept {
  std::optional<time_point> out;
  const auto sooner = [&](time_point t) { out = out ? std::min(*out, t) : t; };
  if (state_ == state::starting) sooner(start_by_);
  if (!unwritten_.empty()) sooner(unwritten_.front().deadline);
  if (!waiting_.empty()) sooner(waiting_.front().deadline);
  for (const auto* x : {&end_, &fail_, &next_})
    if (*x) sooner((*x)->deadline);
  if (!out) out = idle_since_ + copy_idle_max;
  return out;
}

void copy_machine::tick(time_point now) {
  if (state_ == state::over) return;
  if (close_at_ && now >= *close_at_) {
    effects_.close = "a COPY that was given up did not end in time";
    return;
  }
  const auto until = earliest();
  if (given_up_ || !until || now < *until) return;
  const bool waited = state_ == state::starting || !unwritten_.empty() || !waiting_.empty() || end_ || fail_ || next_;
  auto f = end_of(end_sent_ ? outcome::in_doubt : outcome::not_executed, cause::deadline, "57014",
                  waited ? "the deadline passed before the server went on with the COPY"
                         : "the COPY was taken back: its consumer did nothing for 5 minutes",
                  end_sent_ ? "Look whether it took effect before copying again." : "Begin it again with more time.");
  abandon(std::move(f), now);
}

std::optional<time_point> copy_machine::next_wake() const noexcept {
  if (state_ == state::over) return std::nullopt;
  return given_up_ ? close_at_ : earliest();
}

} // namespace tripool
