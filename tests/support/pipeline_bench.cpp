// Driving a pipeline machine by hand.
#include "tests/support/pipeline_bench.hpp"

#include <stdexcept>
#include <utility>

namespace tripool::test {

namespace {

statement make_statement(std::string text, std::vector<parameter> parameters, access mode) {
  statement s;
  s.text = std::move(text);
  s.parameters = std::move(parameters);
  s.mode = mode;
  return s;
}

} // namespace

pool_options pipeline_bench::default_limits() {
  pool_options x;
  x.name = "primary";
  return x;
}

pipeline_bench::pipeline_bench(pool_options limits, std::shared_ptr<pace_book> pace)
  : machine(limits, std::move(pace)) {
  dial_target to;
  to.host = "db";
  to.port = 5432;
  net.add(to.host, to.port, db);
  session_ = std::make_unique<sim_session>(&db, to, credential{}, [this] { woken_ = true; });
  deliver();
}

pipeline_bench::~pipeline_bench() {
  machine.on_lost({session_loss::phase::open, {}, "the bench ends", true});
  apply_effects();
}

recorded pipeline_bench::write(std::string text, std::vector<parameter> parameters) {
  return submit(make_statement(std::move(text), std::move(parameters), access::write));
}

recorded pipeline_bench::read(std::string text, std::vector<parameter> parameters) {
  return submit(make_statement(std::move(text), std::move(parameters), access::read));
}

recorded pipeline_bench::harmless(std::string text) {
  auto s = make_statement(std::move(text), {}, access::write);
  s.repeatable = true;
  return submit(std::move(s));
}

recorded pipeline_bench::run_batch(std::vector<std::string> texts, access mode) {
  batch b;
  b.mode = mode;
  for (auto& text : texts) b.statements.push_back(make_statement(std::move(text), {}, mode));
  return submit(std::move(b));
}

void pipeline_bench::pump() {
  if (!session_) return;
  machine.pump(*session_, writable_, now);
  writable_ = session_->flush(*this);
  apply_effects();
}

void pipeline_bench::deliver() {
  if (!session_) return;
  woken_ = false;
  session_->on_ready(true, true, *this);
  apply_effects();
}

void pipeline_bench::drain() {
  for (int i = 0; i < 100'000; ++i) {
    if (pumping) pump();
    if (!session_ || !woken_) return;
    deliver();
  }
  throw std::runtime_error("the pipeline does not come to rest");
}

void pipeline_bench::pass(duration x) {
  now += x;
  machine.tick(now);
  apply_effects();
  drain();
}

void pipeline_bench::pass_by_wakes(duration x) {
  const auto until = now + x;
  for (int i = 0; i < 10'000; ++i) {
    const auto wake = machine.next_wake();
    if (!wake || *wake > until) return pass(until - now);
    pass(*wake > now ? *wake - now : duration{0});
  }
  throw std::runtime_error("the pipeline asks for a wake-up again and again");
}

void pipeline_bench::deliver_cancel() {
  if (session_) session_->make_canceller()->cancel();
  machine.cancel_finished(now);
  apply_effects();
}

void pipeline_bench::close(std::string reason) {
  session_.reset();
  lost = true;
  machine.on_lost({session_loss::phase::open, {}, std::move(reason), true});
  apply_effects();
}

void pipeline_bench::on_lost(session_loss&& x) {
  lost = true;
  machine.on_lost(x);
}

void pipeline_bench::on_notice(server_message&& x) {
  machine.on_notice(x);
  notices.push_back(std::move(x));
}

void pipeline_bench::apply_effects() {
  auto x = machine.take_effects();
  for (auto& m : x.moved) {
    moves.push_back({m.why.kind, m.why.why, m.why.sqlstate});
    m.what->fail(std::move(m.why), now);
  }
  for (auto& t : x.troubles) troubles.push_back(std::move(t));
  if (x.cancel) {
    ++cancels_wanted;
    if (cancel_at_once) deliver_cancel();
  }
  if (x.close) {
    closed = *x.close;
    close(*x.close);
  }
}

} // namespace tripool::test
