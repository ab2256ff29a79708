// The callers.
#include "service/demo/workload.hpp"

#include "service/demo/orders.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/core/util/random.hpp"

#include <caf/send.hpp>

#include <random>
#include <utility>

namespace tripool::demo {

namespace {

/// Workload -> caller: no more.
struct stop_msg {};

/// What a caller works with.
struct caller_parts {
  caf::actor delegate;
  std::shared_ptr<ledger> books;
  std::shared_ptr<headcount> left;
  workload_options options;
  bool reads = false; ///< It only reads; else it only writes.
  std::int64_t number = 0;
  std::uint64_t seed = 0;
};

/// One caller: tick -> request -> answer -> pause -> tick.
class caller final : public loop_actor {
public:
  caller(caf::actor_config& cfg, reactor* loop, caller_parts parts)
    : loop_actor(cfg, loop), its_(std::move(parts)), random_(its_.seed) {}

private:
  caf::behavior make_behavior() override {
    pause();
    return {
      [this](tick_msg) {
        ticked();
        if (!waiting_ && !stopping_) ask();
      },
      [this](stop_msg) {
        stopping_ = true;
        if (!waiting_) quit();
      },
    };
  }

  void on_end() override { its_.left->one_left(); }

  /// A writer's requests are single writes and batches, three to one.
  void ask() {
    waiting_ = true;
    if (its_.reads) return ask_read();
    if (random_.next() % 4 < 3) return ask_write();
    ask_batch();
  }

  void ask_read() {
    const auto id = 1 + static_cast<std::int64_t>(random_up_to(random_.next(), old_orders - 1));
    auto what = read_order(id);
    what.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(its_.options.read_deadline);
    const auto t = its_.books->begin(request_kind::read, its_.options.read_deadline, now());
    request(its_.delegate, caf::infinite, std::move(what))
      .then(
        [this, t, id](const result& x) {
          const auto told = judge_read(id, x);
          its_.books->read_done(t, told.port, told.right, now());
          answered();
        },
        [this, t](const caf::error& e) { failed(t, e); });
  }

  void ask_write() {
    const auto t = its_.books->begin(request_kind::write, its_.options.write_deadline, now());
    send_write<result>(place_order(t.key, its_.number), t);
  }

  void ask_batch() {
    const auto t = its_.books->begin(request_kind::batch, its_.options.write_deadline, now());
    const auto article = 1 + static_cast<std::int64_t>(random_up_to(random_.next(), articles - 1));
    const auto quantity = 1 + static_cast<std::int64_t>(random_up_to(random_.next(), 8));
    send_write<reply>(place_order_with_line(t.key, its_.number, article, quantity), t);
  }

  template <class Answer, class Question>
  void send_write(Question what, const ticket& t) {
    what.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(its_.options.write_deadline);
    request(its_.delegate, caf::infinite, std::move(what))
      .then(
        [this, t](const Answer&) {
          its_.books->write_done(t, now());
          answered();
        },
        [this, t](const caf::error& e) { failed(t, e); });
  }

  void failed(const ticket& t, const caf::error& e) {
    its_.books->failed(t, failure_of(e), now());
    answered();
  }

  void answered() {
    waiting_ = false;
    if (stopping_) return quit();
    pause();
  }

  /// A half of the pause at least, so that callers that were answered together do not stay together.
  void pause() {
    const auto half = its_.options.pause / 2;
    const auto more = random_up_to(random_.next(), static_cast<std::uint64_t>(its_.options.pause.count()));
    wake_at(now() + half + duration{static_cast<duration::rep>(more)});
  }

  caller_parts its_;
  splitmix64 random_;
  bool waiting_ = false;
  bool stopping_ = false;
};

} // namespace

} // namespace tripool::demo

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::demo::stop_msg)

namespace tripool::demo {

void headcount::one_left() {
  std::lock_guard<std::mutex> guard{mutex_};
  --left_;
  changed_.notify_all();
}

std::size_t headcount::wait(duration limit) {
  std::unique_lock<std::mutex> guard{mutex_};
  changed_.wait_for(guard, limit, [this] { return left_ == 0; });
  return left_;
}

workload::workload(caf::actor_system& sys, instance& db, std::shared_ptr<ledger> books, const workload_options& options)
  : left_(std::make_shared<headcount>(options.callers)) {
  std::random_device source;
  for (std::size_t i = 0; i < options.callers; ++i) {
    caller_parts parts{db.delegate(), books, left_, options, i % 2 == 0, static_cast<std::int64_t>(i), source()};
    callers_.push_back(i / 2 % 2 == 0 ? db.spawn_on_loop<caller>(std::move(parts))
                                      : sys.spawn<caller>(static_cast<reactor*>(nullptr), std::move(parts)));
  }
}

workload::~workload() {
  for (const auto& x : callers_) caf::anon_send_exit(x, caf::exit_reason::kill);
  left_->wait(std::chrono::seconds{2});
}

std::size_t workload::stop(duration limit) {
  for (const auto& x : callers_) caf::anon_send(x, stop_msg{});
  return left_->wait(limit);
}

} // namespace tripool::demo
