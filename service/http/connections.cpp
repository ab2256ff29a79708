// One thread, one poll(2) over all connections.
#include "service/http/connections.hpp"

#include "service/http/request_extent.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tripool::service {

namespace {

constexpr std::size_t fresh_max = 64;
constexpr std::size_t part_bytes = 16 * 1024; ///< Taken from one before the others have their turn.
constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";

bool may_come_again(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

} // namespace

connections::connections(const connection_bounds& bounds, answer_function answer)
  : bounds_(bounds),
    answer_(std::move(answer)),
    wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    thread_([this] { run(); }) {}

connections::~connections() {
  threads_.end();
  {
    const std::lock_guard guard{mutex_};
    end_ = true;
  }
  room_.notify_all();
  wake();
  thread_.join();
  ::close(wake_);
}

void connections::take(int socket) {
  std::unique_lock lock{mutex_};
  room_.wait(lock, [this] { return end_ || fresh_.size() < fresh_max; });
  fresh_.push_back(socket);
  lock.unlock();
  wake();
}

void connections::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one); // Full is awake.
}

void connections::run() {
  while (take_in()) {
    shed();
    wait();
  }
  while (!all_.empty()) close(all_.begin());
}

/// What other threads left here. Returns false at the end.
bool connections::take_in() {
  std::vector<int> fresh;
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  bool end = false;
  {
    const std::lock_guard guard{mutex_};
    fresh.swap(fresh_);
    answers.swap(answers_);
    end = end_;
  }
  room_.notify_all();
  const auto now = steady::now();
  for (const int socket : fresh) {
    auto& c = all_[++last_];
    c.socket = socket;
    c.until = now + bounds_.request_limit;
  }
  for (auto& [id, answer] : answers) {
    const auto x = all_.find(id); // Who is being answered stays.
    auto& c = x->second;
    c.now = stage::sending;
    c.until = now + bounds_.answer_limit;
    c.bytes = std::move(answer);
    c.done = 0;
    held_ += c.bytes.size();
    send(x);
  }
  return !end;
}

/// Those who have their answer go first, then who was here longest; who came last only if all others are being
/// answered.
void connections::shed() {
  while (all_.size() > bounds_.connections_max || (held_ > bounds_.held_bytes_max && all_.size() > 1)) {
    const auto last = std::prev(all_.end());
    auto x = std::find_if(all_.begin(), last, [](const auto& c) { return c.second.now == stage::leaving; });
    if (x == last) x = std::find_if(all_.begin(), last, [](const auto& c) { return c.second.now != stage::answering; });
    if (x == last && last->second.now == stage::answering) return;
    close(x);
  }
}

void connections::wait() {
  std::vector<pollfd> polled{{wake_, POLLIN, 0}};
  std::vector<std::uint64_t> ids{0};
  auto until = steady::time_point::max();
  for (const auto& [id, c] : all_) {
    if (c.now == stage::answering) continue;
    polled.push_back({c.socket, static_cast<short>(c.now == stage::sending ? POLLOUT : POLLIN), 0});
    ids.push_back(id);
    until = std::min(until, c.until);
  }
  int left = -1;
  if (until != steady::time_point::max()) {
    const auto span = std::chrono::ceil<std::chrono::milliseconds>(until - steady::now()).count();
    left = static_cast<int>(std::max<decltype(span)>(span, 0));
  }
  if (::poll(polled.data(), polled.size(), left) < 0) return;
  if (polled.front().revents != 0) {
    std::uint64_t count = 0;
    (void)!::read(wake_, &count, sizeof count);
  }
  const auto now = steady::now();
  for (std::size_t i = 1; i < polled.size(); ++i) {
    const auto x = all_.find(ids[i]);
    if (now >= x->second.until) {
      close(x);
    } else if (polled[i].revents != 0) {
      look_after(x, polled[i].revents);
    }
  }
}

void connections::look_after(place x, short events) {
  switch (x->second.now) {
    case stage::receiving: return receive(x);
    case stage::sending: return (events & (POLLERR | POLLNVAL)) != 0 ? close(x) : send(x);
    case stage::leaving: return throw_away(x);
    case stage::answering: return;
  }
}

void connections::receive(place x) {
  auto& c = x->second;
  std::array<char, part_bytes> part; // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  const auto room = std::min(part.size(), bounds_.request_bytes_max - c.bytes.size());
  const auto n = ::recv(c.socket, part.data(), room, MSG_DONTWAIT);
  if (n < 0) return may_come_again(errno) ? void() : close(x);
  if (n == 0) return c.bytes.empty() ? close(x) : hand_over(x);
  c.bytes.append(part.data(), static_cast<std::size_t>(n));
  held_ += static_cast<std::size_t>(n);
  if (c.whole == 0) {
    if (const auto extent = extent_of(c.bytes, c.done, bounds_.body_bytes_max)) {
      c.whole = extent->head + extent->body;
      if (extent->awaits_go_ahead && c.bytes.size() < c.whole)
        (void)::send(c.socket, go_ahead.data(), go_ahead.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    c.done = c.bytes.size();
  }
  if ((c.whole > 0 && c.bytes.size() >= c.whole) || c.bytes.size() >= bounds_.request_bytes_max) hand_over(x);
}

/// What stands behind the request is no request: nobody reads it.
void connections::hand_over(place x) {
  auto& c = x->second;
  held_ -= c.bytes.size();
  if (c.whole > 0 && c.bytes.size() > c.whole) c.bytes.resize(c.whole);
  c.now = stage::answering;
  threads_.enqueue([this, id = x->first, request = std::move(c.bytes)]() mutable {
    auto answer = answer_(std::move(request));
    {
      const std::lock_guard guard{mutex_};
      answers_.emplace_back(id, std::move(answer));
    }
    wake();
  });
  c.bytes.clear();
}

void connections::send(place x) {
  auto& c = x->second;
  while (c.done < c.bytes.size()) {
    const auto n = ::send(c.socket, c.bytes.data() + c.done, c.bytes.size() - c.done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return may_come_again(errno) ? void() : close(x);
    c.done += static_cast<std::size_t>(n);
  }
  // That was all; the other end may take it in.
  if (::shutdown(c.socket, SHUT_WR) != 0) return close(x);
  held_ -= c.bytes.size();
  c.bytes = {};
  c.done = 0;
  c.now = stage::leaving;
  c.until = steady::now() + bounds_.farewell_limit;
}

void connections::throw_away(place x) {
  auto& c = x->second;
  std::array<char, part_bytes> part; // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  const auto n = ::recv(c.socket, part.data(), part.size(), MSG_DONTWAIT);
  if (n < 0 && may_come_again(errno)) return;
  if (n > 0) c.done += static_cast<std::size_t>(n);
  if (n <= 0 || c.done >= bounds_.farewell_bytes_max) close(x);
}

void connections::close(place x) {
  ::close(x->second.socket);
  held_ -= x->second.bytes.size();
  all_.erase(x);
}

} // namespace tripool::service
