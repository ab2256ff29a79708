// Between the consumer's messages, the stream's machine and the session's.
#include "tripool/actors/lease/row_stream.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/core/statement/stream_text.hpp"

#include <utility>

namespace tripool {

/// Where the answer of a fetch, or of the commit, goes. The request that holds it stands in the session's machine,
/// which the actor outlives.
class row_stream::fetched final : public responder {
public:
  fetched(row_stream& owner, bool committing) : owner_(owner), committing_(committing) {}

  void done(reply x) override {
    if (committing_) {
      owner_.stream_.committed();
    } else {
      owner_.stream_.fetched(x.results.empty() ? result{} : std::move(x.results.front()), owner_.now());
    }
  }
  void failed(failure x) override { owner_.stream_.failed(std::move(x)); }

private:
  row_stream& owner_;
  bool committing_;
};

row_stream::row_stream(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got,
                       request_ptr order, lender from)
  : borrowed_session(cfg, std::move(env), std::move(got), order, std::move(from)), stream_(true, now()) {
  if (const auto& opening = order->order()->opening; !opening.empty()) format_ = opening.back().format;
}

caf::message_handler row_stream::commands() {
  return {
    [this](const fetch& x) -> caf::typed_response_promise<rows_chunk> {
      const auto ticket = ++last_ticket_;
      auto promise = make_response_promise<rows_chunk>();
      promises_.emplace(ticket, promise);
      if (x.timeout.count() > 0) timeout_ = x.timeout;
      stream_.asked(ticket, x.rows, now());
      carry_out();
      return promise;
    },
    [this](close_stream) -> caf::delegated<void> {
      stream_.closed();
      closers_.push_back(make_response_promise());
      carry_out();
      return {};
    },
  };
}

std::shared_ptr<const loan> row_stream::make_loan(session_handle x) {
  return std::make_shared<const loan_of<stream_handle>>(stream_handle{std::move(x)});
}

void row_stream::on_ready_to_use(const std::vector<result>&) {
  stream_ = stream_machine{machine().reads_only(), now()};
}

void row_stream::on_turn() {
  stream_.tick(now());
  carry_out();
}

void row_stream::carry_out() {
  auto e = stream_.take_effects();
  if (e.take_back) take_back(std::move(*e.take_back));
  if (e.fetch) send_command(lease_task::statement, stream_fetch_text(*e.fetch));
  if (e.commit) send_command(lease_task::commit, "COMMIT");
  for (auto& x : e.answers) answer(std::move(x));
  if (!gone_) return;
  for (auto& x : std::exchange(closers_, {})) x.deliver(caf::message{});
}

void row_stream::send_command(lease_task what, std::string text) {
  statement s;
  s.text = std::move(text);
  s.format = format_;
  s.mode = machine().reads_only() ? access::read : access::write;
  const bool committing = what == lease_task::commit;
  auto to = std::make_unique<fetched>(*this, committing);
  machine().submit(what, std::make_shared<tripool::request>(std::move(s), std::move(to), now(), deadline_for(timeout_)),
                   {}, now());
}

void row_stream::answer(stream_answer x) {
  const auto i = promises_.find(x.ticket);
  if (i == promises_.end()) return;
  auto promise = std::move(i->second);
  promises_.erase(i);
  if (x.failed) {
    x.failed->pool = limits().name;
    promise.deliver(make_error(std::move(*x.failed)));
  } else {
    promise.deliver(rows_chunk{std::move(x.rows), x.last});
  }
}

void row_stream::on_gone() {
  gone_ = true;
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::connection_lost;
  f.message = "the stream's connection is gone";
  f.hint = "Open it again.";
  stream_.failed(std::move(f)); // Nothing happens when it has ended.
  carry_out();
}

} // namespace tripool
