// A list that owners push to and the thread takes as a whole, and a counter on which it sleeps.
//
//   idle --begin--> queued --(the thread's turn)--> running --> done --take--> idle
//                      |                               \--(its session is gone)--> orphaned: the thread frees it, and
//                      |                                                           the connection
//                      \--(its session is gone)--> abandoned: the thread frees it
#include "tripool/core/postgres/detail/log_in_helper.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <exception>
#include <utility>

namespace tripool::postgres {

// -- one session's place ----------------------------------------------------------------------------------------------

log_in_step::job::job() : event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

log_in_step::job::~job() {
  if (event >= 0) {
    ::close(event);
  }
}

log_in_step::log_in_step(std::shared_ptr<log_in_helper> helper)
  : helper_(std::move(helper)), job_(std::make_unique<job>()) {}

log_in_step::~log_in_step() {
  assert(!job_ || job_->now == job::state::idle || job_->now == job::state::done);
}

void log_in_step::leave(conn_handle conn, std::unique_ptr<notice_buffer> notices) {
  auto now = job::state::queued;
  if (job_->now.compare_exchange_strong(now, job::state::abandoned)) {
    (void)job_.release();
  } else if (now == job::state::running) {
    job_->left_notices = std::move(notices);
    job_->left_conn = std::move(conn);
    if (job_->now.compare_exchange_strong(now, job::state::orphaned)) {
      (void)job_.release();
      return;
    }
    conn = std::move(job_->left_conn); // It has just ended.
    notices = std::move(job_->left_notices);
  }
  conn.reset(); // Before the receiver of its notices.
}

bool log_in_step::begin(PGconn* conn) {
  if (job_->event < 0) {
    return false;
  }
  job_->conn = conn;
  return helper_->add(*job_);
}

bool log_in_step::under_way() const noexcept {
  return job_->now.load(std::memory_order_relaxed) != job::state::idle;
}

int log_in_step::descriptor() const noexcept {
  return job_->event;
}

std::optional<PostgresPollingStatusType> log_in_step::take() {
  if (job_->now.load() != job::state::done) {
    return std::nullopt;
  }
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto n = ::read(job_->event, &ignored, sizeof ignored);
  job_->now = job::state::idle;
  return job_->came_to;
}

// -- the thread -------------------------------------------------------------------------------------------------------

/// Every session holds a reference: nothing is left but what was abandoned, and perhaps an orphan, whose step is waited
/// for.
log_in_helper::~log_in_helper() {
  ending_ = true;
  ++calls_;
  calls_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool log_in_helper::is_for(const PGconn* conn) noexcept {
  switch (PQstatus(conn)) {
    case CONNECTION_AWAITING_RESPONSE:
    case CONNECTION_SSL_STARTUP:
    case CONNECTION_GSS_STARTUP: return true;
    default: return false;
  }
}

bool log_in_helper::add(job& x) {
  std::call_once(started_, [this] { start(); });
  if (!thread_.joinable()) {
    return false;
  }
  x.now = job::state::queued;
  x.next = added_.load();
  while (!added_.compare_exchange_weak(x.next, &x)) {
    // `next` is the new one.
  }
  ++calls_;
  calls_.notify_one();
  return true;
}

/// Every signal is for the application's own threads, but those of a fault in this one.
void log_in_helper::start() {
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) {
    ::sigdelset(&all, fault);
  }
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::exception&) {
    // There is no thread left: log-ins reckon where they are.
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void log_in_helper::run() {
  for (auto seen = calls_.load();; seen = calls_.load()) {
    const bool last = ending_; // Nothing is added after the end has begun.
    job* in_order = nullptr;
    for (auto* x = added_.exchange(nullptr); x != nullptr;) {
      x = std::exchange(x->next, std::exchange(in_order, x));
    }
    while (in_order != nullptr) {
      auto& x = *std::exchange(in_order, in_order->next);
      carry_out(x);
    }
    if (last) {
      return;
    }
    calls_.wait(seen);
  }
}

void log_in_helper::carry_out(job& x) {
  auto expected = job::state::queued;
  if (!x.now.compare_exchange_strong(expected, job::state::running)) {
    const std::unique_ptr<job> abandoned{&x};
    return;
  }
  x.came_to = PQconnectPoll(x.conn);
  // The descriptor first: once the state says that it is done it may be closed.
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(x.event, &one, sizeof one);
  if (x.now.exchange(job::state::done) == job::state::orphaned) {
    const std::unique_ptr<job> orphaned{&x};
  }
}

} // namespace tripool::postgres
