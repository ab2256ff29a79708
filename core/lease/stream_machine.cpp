// The stream's transitions.
#include "tripool/core/lease/stream_machine.hpp"

#include <algorithm>

namespace tripool {

void stream_machine::refuse(std::uint64_t ticket, const char* sqlstate, std::string message, const char* hint) {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = sqlstate;
  f.message = std::move(message);
  f.hint = hint;
  effects_.answers.push_back({ticket, {}, false, std::move(f)});
}

void stream_machine::asked(std::uint64_t ticket, std::uint32_t rows, time_point now) {
  if (waiting_)
    return refuse(ticket, "55000", "the stream is fetching already", "Wait for one chunk before asking for the next.");
  if (rows > stream_rows_max) {
    return refuse(ticket, "22023", std::to_string(rows) + " rows were asked for at a time",
                  "A chunk has 100000 rows at most; ask more often.");
  }
  if (rows > 0) wanted_ = rows;
  if (state_ == state::ended && !ahead_) {
    if (!broken_) return refuse(ticket, "25000", "the stream has ended: it " + ended_as_, "Open another.");
    effects_.answers.push_back({ticket, {}, false, *broken_});
    return;
  }
  waiting_ = ticket;
  serve(now);
  end_when_due();
}

void stream_machine::end_when_due() {
  if (state_ != state::ending || committing_ || !(reads_only_ || waiting_)) return;
  committing_ = true;
  effects_.commit = true;
}

/// Answers whoever waits if there is something to answer with, and keeps one fetch ahead.
void stream_machine::serve(time_point now) {
  if (waiting_ && ahead_ && state_ != state::ending) {
    effects_.answers.push_back({*waiting_, std::move(*ahead_), state_ == state::ended, std::nullopt});
    waiting_.reset();
    ahead_.reset();
    idle_since_ = now;
  }
  if (state_ == state::reading && asked_for_ == 0 && !ahead_) {
    asked_for_ = std::max<std::uint32_t>(std::min(wanted_, next_), 1);
    effects_.fetch = asked_for_;
  }
}

void stream_machine::fetched(result rows, time_point now) {
  if (state_ != state::reading) return;
  const auto count = rows.size();
  const bool exhausted = count < std::exchange(asked_for_, 0);
  const auto weight = count > 0 ? std::max<std::size_t>(rows.memory_bytes() / count, 1) : 1;
  next_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(stream_chunk_bytes / weight, 1, stream_rows_max));
  ahead_ = std::move(rows);
  if (exhausted) {
    state_ = state::ending;
    return end_when_due();
  }
  serve(now);
}

void stream_machine::committed() {
  if (state_ != state::ending) return;
  state_ = state::ended;
  ended_as_ = "was read to its end";
  serve(idle_since_);
}

void stream_machine::failed(failure why) {
  if (state_ == state::ended) return;
  state_ = state::ended;
  asked_for_ = 0;
  ahead_.reset(); // What was read ahead is not given out behind a failure's back.
  ended_as_ = "failed";
  if (!effects_.take_back) effects_.take_back = why;
  broken_ = std::move(why);
  if (!waiting_) return;
  effects_.answers.push_back({*waiting_, {}, false, *broken_});
  waiting_.reset();
}

void stream_machine::closed() {
  if (state_ == state::ended) {
    ahead_.reset();
    return;
  }
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::cancelled;
  f.message = "the stream was closed by its consumer";
  effects_.take_back = f;
  f.kind = outcome::rejected;
  f.sqlstate = "25000";
  f.hint = "Open another.";
  failed(std::move(f));
}

void stream_machine::tick(time_point now) {
  if (state_ == state::ended || waiting_ || now < idle_since_ + stream_idle_max) return;
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::deadline;
  f.sqlstate = "57P05"; // idle_session_timeout: what the server itself would say
  f.message = "the stream was taken back: nobody asked for its rows for 5 minutes";
  f.hint = "Ask sooner, or read in smaller steps with statements of your own.";
  effects_.take_back = f;
  failed(std::move(f));
}

std::optional<time_point> stream_machine::next_wake() const noexcept {
  if (state_ == state::ended || waiting_) return std::nullopt;
  return idle_since_ + stream_idle_max;
}

} // namespace tripool
