// The event loop over epoll, an eventfd for calls from other threads, and a timer wheel.
#include "tripool/actors/reactor/reactor.hpp"
#include "tripool/actors/reactor/current.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/send.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace tripool {

namespace {

thread_local const reactor* current = nullptr;

constexpr std::size_t throughput = 1024; ///< Messages that an actor may handle before the next one gets its turn.
/// How often in a row actors may set off each other before descriptors and timers are looked at again: an answer takes
/// four steps until the caller's next question is on the wire (caller, delegate, pool, connection).
constexpr unsigned rounds_max = 6;
/// How many rounds a late job waits at most: those of the caller and of the delegate.
constexpr unsigned put_off_max = 2;

/// How long descriptors may be served before messages and timers get their turn.
constexpr auto delivery_max = std::chrono::milliseconds{2};

bool is_actor_here(caf::resumable::subtype_t x) noexcept {
  return x == caf::resumable::io_actor || x == late_job;
}

std::uint32_t event_mask(bool read, bool write) noexcept {
  return (read ? std::uint32_t{EPOLLIN} : 0u) | (write ? std::uint32_t{EPOLLOUT} : 0u);
}

/// What the kernel gives back with an event: the number, and the serial of whoever watched it. Serials begin at 1.
constexpr std::uint64_t wake_token = 0;

constexpr std::uint64_t token_of(int fd, std::uint32_t serial) noexcept {
  return (std::uint64_t{serial} << 32U) | static_cast<std::uint32_t>(fd);
}

} // namespace

reactor::reactor(caf::actor_system& sys) : caf::execution_unit(&sys), wheel_(std::chrono::steady_clock::now()) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.u64 = wake_token;
  if (epoll_ < 0 || event_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &e) != 0) {
    // Without descriptors left nothing can be served or reported by a message.
    std::perror("tripool: the event loop cannot start (no file descriptors left?)");
    std::abort();
  }
  thread_ = std::thread([this] { run(); });
}

reactor::~reactor() {
  end_all(std::chrono::seconds{5});
  stop_ = true;
  wake();
  thread_.join();
  close(epoll_);
  close(event_);
}

void reactor::exec_later(caf::resumable* job) {
  const auto kind = job->subtype();
  if (!is_actor_here(kind)) {
    static_cast<caf::scheduler::abstract_coordinator&>(system().scheduler()).enqueue(job);
    return;
  }
  if (current == this) {
    (kind == late_job ? late_ : local_).push_back(job);
    return;
  }
  {
    std::lock_guard<std::mutex> guard{mutex_};
    inbox_.push_back(job);
  }
  if (sleeping_.load() && sleeping_.exchange(false)) wake();
}

bool reactor::watch(int fd, io_handler& handler, bool read, bool write) {
  if (fd < 0) return false;
  const auto i = static_cast<std::size_t>(fd);
  if (i >= watched_.size()) watched_.resize(i + 1);
  watched_[i] = {&handler, event_mask(read, write), ++serial_};
  if (tell_kernel(epoll_, EPOLL_CTL_ADD, fd)) return true;
  watched_[i] = {};
  return false;
}

bool reactor::rewatch(int fd, io_handler& handler, bool read, bool write) {
  auto* x = find(fd, handler);
  if (!x) return false;
  x->events = event_mask(read, write);
  return tell_kernel(epoll_, EPOLL_CTL_MOD, fd);
}

void reactor::unwatch(int fd, const io_handler& handler) noexcept {
  auto* x = find(fd, handler);
  if (!x) return;
  *x = {};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

bool reactor::tell_kernel(int epoll, int operation, int fd) const noexcept {
  const auto& x = watched_[static_cast<std::size_t>(fd)];
  epoll_event e{};
  e.events = x.events;
  e.data.u64 = token_of(fd, x.serial);
  return epoll_ctl(epoll, operation, fd, &e) == 0;
}

reactor::watched* reactor::find(int fd, const io_handler& handler) noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) >= watched_.size()) return nullptr;
  auto& x = watched_[static_cast<std::size_t>(fd)];
  return x.handler == &handler ? &x : nullptr;
}

void reactor::deliver(std::uint64_t token, std::uint32_t events) {
  const auto i = static_cast<std::size_t>(token & 0xFFFF'FFFFu);
  if (i >= watched_.size() || !watched_[i].handler || token_of(static_cast<int>(i), watched_[i].serial) != token) {
    stale_ = true;
    return;
  }
  events_.fetch_add(1, std::memory_order_relaxed);
  const bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  watched_[i].handler->on_io((events & EPOLLIN) != 0 || broken, (events & EPOLLOUT) != 0 || broken);
}

/// Starts anew with what is watched now. A descriptor that was closed while another process held a copy (a child
/// between fork and exec does) stays with the kernel's set, and cannot be taken out of it any more.
void reactor::renew() {
  const int fresh = epoll_create1(EPOLL_CLOEXEC);
  if (fresh < 0) return; // No descriptors left: again after the next such event.
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.u64 = wake_token;
  if (epoll_ctl(fresh, EPOLL_CTL_ADD, event_, &e) != 0) {
    close(fresh);
    return;
  }
  for (std::size_t i = 0; i < watched_.size(); ++i)
    if (watched_[i].handler) tell_kernel(fresh, EPOLL_CTL_ADD, static_cast<int>(i));
  close(epoll_);
  epoll_ = fresh;
  stale_ = false;
}

void reactor::enrol(caf::abstract_actor* x) {
  std::lock_guard<std::mutex> guard{actors_mutex_};
  actors_.insert(x);
}

void reactor::leave(caf::abstract_actor* x) noexcept {
  std::lock_guard<std::mutex> guard{actors_mutex_};
  actors_.erase(x);
  actors_changed_.notify_all();
}

reactor_stats reactor::stats() const {
  reactor_stats out;
  out.wakeups = wakeups_.load(std::memory_order_relaxed);
  out.jobs = jobs_.load(std::memory_order_relaxed);
  out.events = events_.load(std::memory_order_relaxed);
  out.longest_turn = duration{longest_turn_.load(std::memory_order_relaxed)};
  if (const auto* x = watch_.load(std::memory_order_acquire)) out.blocked = x->blocked();
  std::lock_guard<std::mutex> guard{actors_mutex_};
  out.actors = actors_.size();
  return out;
}

void reactor::watch_turns(duration limit, turn_watch::reporter report) {
  owned_watch_ = std::make_unique<turn_watch>(limit, std::move(report));
  watch_.store(owned_watch_.get(), std::memory_order_release);
}

bool reactor::end_all(duration limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock<std::mutex> guard{actors_mutex_};
  while (!actors_.empty()) {
    // An actor leaves the list before its memory goes, but not before its last holder has: it may be dying already.
    std::vector<caf::strong_actor_ptr> left;
    for (auto* x : actors_) {
      if (auto held = caf::actor_cast<caf::strong_actor_ptr>(x->address())) left.push_back(std::move(held));
    }
    guard.unlock();
    for (auto& x : left) caf::anon_send_exit(caf::actor_cast<caf::actor>(x), caf::exit_reason::kill);
    left.clear();
    guard.lock();
    if (actors_.empty()) break;
    if (actors_changed_.wait_until(guard,
                                   std::min(until, std::chrono::steady_clock::now() + std::chrono::milliseconds{50}))
          == std::cv_status::timeout
        && std::chrono::steady_clock::now() >= until)
      return false;
  }
  return true;
}

void reactor::wake() noexcept {
  const std::uint64_t one = 1;
  // The counter can only be full when the loop is awake anyway.
  [[maybe_unused]] const auto n = write(event_, &one, sizeof one);
}

void reactor::run_jobs() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    if (!inbox_.empty()) {
      local_.insert(local_.end(), inbox_.begin(), inbox_.end());
      inbox_.clear();
    }
  }
  take_late_jobs();
  if (local_.empty()) return;
  batch_.swap(local_);
  jobs_.fetch_add(batch_.size(), std::memory_order_relaxed);
  for (auto* job : batch_) {
    switch (job->resume(this, throughput)) {
      case caf::resumable::resume_later: local_.push_back(job); break; // However late: it has much to do.
      case caf::resumable::shutdown_execution_unit: break;
      default: caf::intrusive_ptr_release(job); break;
    }
  }
  batch_.clear();
}

void reactor::run_rounds() {
  unsigned rounds = 0;
  do run_jobs();
  while (has_jobs() && ++rounds < rounds_max);
}

void reactor::take_late_jobs() {
  if (late_.empty() || (!local_.empty() && put_off_++ < put_off_max)) return;
  local_.insert(local_.end(), late_.begin(), late_.end());
  late_.clear();
  put_off_ = 0;
}

int reactor::sleep_ms() const {
  const auto next = wheel_.next();
  if (!next) return -1;
  const auto left = *next - std::chrono::steady_clock::now();
  if (left <= duration::zero()) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 60'000));
}

/// Looks at the descriptors, and waits for them when there is nothing else to do. Returns how many are ready.
std::size_t reactor::poll() {
  int limit = 0;
  if (!has_jobs()) {
    limit = sleep_ms();
    sleeping_.store(true);
    std::lock_guard<std::mutex> guard{mutex_};
    if (!inbox_.empty() || stop_) limit = 0;
  }
  const int n = epoll_wait(epoll_, ready_.data(), static_cast<int>(ready_.size()), limit);
  sleeping_.store(false);
  wakeups_.fetch_add(1, std::memory_order_relaxed);
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

void reactor::wait() {
  if (!has_ready()) {
    next_ready_ = 0;
    ready_end_ = poll();
  }
  begin_turn();
  deliver_ready();
  if (stale_) renew();
}

/// A descriptor's handler may reckon for milliseconds, as log-ins do where no thread of their own is to be had:
/// messages and timers have their turn in between. The kernel is asked again when all that it found has been delivered.
void reactor::deliver_ready() {
  const auto until = turn_began_ + delivery_max;
  while (has_ready()) {
    const auto& e = ready_[next_ready_++];
    if (e.data.u64 == wake_token) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = read(event_, &count, sizeof count);
      continue;
    }
    deliver(e.data.u64, e.events);
    if (has_ready() && now() >= until) return;
  }
}

/// A turn is all that happens between two looks at the descriptors, or at what is left of them: what they brought, the
/// actors' messages, the timers.
void reactor::begin_turn() noexcept {
  turn_began_ = std::chrono::steady_clock::now();
  if (auto* x = watch_.load(std::memory_order_acquire)) x->began(turn_began_);
}

void reactor::end_turn() {
  const auto lasted = std::chrono::steady_clock::now() - turn_began_;
  if (lasted.count() > longest_turn_.load(std::memory_order_relaxed))
    longest_turn_.store(lasted.count(), std::memory_order_relaxed);
  if (auto* x = watch_.load(std::memory_order_acquire)) x->ended(lasted);
}

const reactor* current_reactor() noexcept {
  return current;
}

void reactor::run() {
  current = this;
  begin_turn();
  while (!stop_) {
    run_rounds();
    wheel_.advance(std::chrono::steady_clock::now());
    end_turn();
    wait();
  }
  // What other threads still posted holds references.
  run_rounds();
}

} // namespace tripool
