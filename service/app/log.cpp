// A sink that waits for its descriptor and never in a write, behind spdlog's queue and thread.
#include "service/app/log.hpp"

#include "service/inspect/observation.hpp"
#include "service/json/writer.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <mutex>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tripool::service {

namespace {

using spdlog::details::thread_pool;
using log_clock = std::chrono::steady_clock;

/// How soon the writer hears of the end while nobody reads.
constexpr int log_turn_ms = 50;
constexpr const char* log_name = "tripool";
/// Of one message. So the queue is bounded in bytes, too.
constexpr std::size_t message_bytes_max = std::size_t{16} * 1024;

/// {"time":"...","level":"warning","logger":"tripool","message":"..."}
class json_formatter final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& x, spdlog::memory_buf_t& to) override {
    const auto view = [](const auto& s) { return std::string_view{s.data(), s.size()}; };
    std::string line =
      "{\"time\":\"" + iso_time(std::chrono::time_point_cast<std::chrono::system_clock::duration>(x.time));
    line.append("\",\"level\":\"").append(view(spdlog::level::to_string_view(x.level))).append("\",\"logger\":");
    json::append_text(line, view(x.logger_name));
    line += ",\"message\":";
    json::append_text(line, view(x.payload));
    line += "}\n";
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }
};

/// What is kept of a message that is too long: whole characters, and how much is missing.
std::string cut_message(std::string_view x) {
  auto n = message_bytes_max;
  while (n > message_bytes_max - 4 && (static_cast<unsigned char>(x[n]) & 0xC0U) == 0x80U) --n;
  return std::string{x.substr(0, n)} + " [" + std::to_string(x.size() - n) + " bytes left out]";
}

/// The same pipe or terminal, opened anew so that writing to it never waits, which does not change it for those who
/// share ours; -1: it is neither, or not ours to open.
int opened_anew(int descriptor) {
  struct stat x {};
  if (fstat(descriptor, &x) != 0 || !(S_ISFIFO(x.st_mode) || S_ISCHR(x.st_mode))) return -1;
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  return open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/// Where lines go, without waiting: a pipe, a terminal, a socket or a file.
class log_descriptor {
public:
  explicit log_descriptor(int x) : given_(x), own_(opened_anew(x)) {
    struct stat s {};
    socket_ = fstat(x, &s) == 0 && S_ISSOCK(s.st_mode);
  }
  ~log_descriptor() {
    if (own_ >= 0) close(own_);
  }
  log_descriptor(const log_descriptor&) = delete;
  log_descriptor& operator=(const log_descriptor&) = delete;

  int number() const noexcept { return own_ >= 0 ? own_ : given_; }
  /// As write(2), of a part that a pipe with room takes at once.
  ssize_t put(std::string_view x) const noexcept {
    const auto n = std::min<std::size_t>(x.size(), PIPE_BUF);
    return socket_ ? send(given_, x.data(), n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(number(), x.data(), n);
  }

private:
  int given_;
  int own_;
  bool socket_ = false;
};

/// Writes lines as the descriptor takes them. Used by the log's thread alone, but for `end_within` and the counts.
class patient_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  /// `queue` feeds it, and outlives its use.
  patient_sink(int descriptor, thread_pool& queue) : to_(descriptor), queue_(queue) {}

  /// From then on what cannot be written at once is dropped.
  void end_within(std::chrono::milliseconds limit) noexcept { end_ = (log_clock::now() + limit).time_since_epoch(); }
  /// Lines that came here and were not written, beside those that the queue has dropped.
  std::uint64_t lost() const noexcept { return lost_; }
  std::uint64_t written() const noexcept { return written_; }
  void lose() noexcept { ++lost_; }

protected:
  void sink_it_(const spdlog::details::log_msg& x) override {
    const auto dropped = queue_.overrun_counter();
    if (dropped > told_) {
      const auto notice = std::to_string(dropped - told_) + " lines of this log were dropped: nobody read it";
      if (write_line({spdlog::source_loc{}, log_name, spdlog::level::warn, notice})) told_ = dropped;
    }
    ++(write_line(x) ? written_ : lost_);
  }
  void flush_() override {}

private:
  bool write_line(const spdlog::details::log_msg& x) {
    spdlog::memory_buf_t line;
    if (torn_) line.push_back('\n');
    formatter_->format(x, line);
    std::string_view rest{line.data(), line.size()};
    while (!rest.empty()) {
      if (!wait_for_room()) return false;
      const auto n = to_.put(rest);
      if (n > 0) {
        torn_ = rest[static_cast<std::size_t>(n) - 1] != '\n';
        rest.remove_prefix(static_cast<std::size_t>(n));
      } else if (n == 0 || (errno != EINTR && errno != EAGAIN) || over()) {
        return false;
      } else {
        poll(nullptr, 0, log_turn_ms); // A terminal with room, but not for this.
      }
    }
    return true;
  }

  /// False: the end has come before.
  bool wait_for_room() const noexcept {
    for (;;) {
      const bool last = over();
      pollfd p{to_.number(), POLLOUT, 0};
      if (poll(&p, 1, last ? 0 : log_turn_ms) > 0) return true; // Also when it is broken: writing says so.
      if (last) return false;
    }
  }
  bool over() const noexcept { return log_clock::now().time_since_epoch() >= end_.load(); }

  log_descriptor to_;
  thread_pool& queue_;
  std::size_t told_ = 0; ///< Of what the queue has dropped.
  bool torn_ = false;    ///< The last line stopped in its middle.
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<log_clock::duration> end_{log_clock::duration::max()};
};

/// What the logger writes to: puts lines into the queue, from any thread, until it is closed.
class queueing_sink final : public spdlog::sinks::sink {
public:
  explicit queueing_sink(const log_outlet& to)
    : limit_(to.last_words),
      queue_(std::make_unique<thread_pool>(to.lines_max, 1, hear_no_signal)),
      out_(std::make_shared<patient_sink>(to.descriptor, *queue_)),
      back_(std::make_shared<spdlog::async_logger>(log_name, out_, std::weak_ptr<thread_pool>{})) {
    back_->set_error_handler([out = out_](const std::string&) { out->lose(); });
  }

  void log(const spdlog::details::log_msg& x) override {
    if (x.payload.size() <= message_bytes_max) return post(x);
    const auto text = cut_message({x.payload.data(), x.payload.size()});
    auto shorter = x;
    shorter.payload = text;
    post(shorter);
  }
  void flush() override {}
  void set_pattern(const std::string& x) override { out_->set_pattern(x); }
  void set_formatter(std::unique_ptr<spdlog::formatter> x) override { out_->set_formatter(std::move(x)); }

  /// Writes what waits, within the limit. Lines that come later are dropped.
  void close() {
    std::unique_ptr<thread_pool> last;
    {
      const std::lock_guard hold{mutex_};
      if (!queue_) return;
      overrun_ = queue_->overrun_counter();
      last = std::move(queue_);
    }
    out_->end_within(limit_);
    last.reset(); // Waits for its thread.
  }
  /// A line that did not come so far.
  void lose() noexcept { ++unqueued_; }
  std::uint64_t dropped() const { return unqueued_ + out_->lost() + overrun(); }

private:
  void post(const spdlog::details::log_msg& x) {
    std::unique_lock hold{mutex_};
    if (!queue_) return lose();
    queue_->post_log(std::shared_ptr{back_}, x, spdlog::async_overflow_policy::overrun_oldest);
    const auto number = ++posted_;
    hold.unlock();
    if (x.level < spdlog::level::critical) return;
    const auto until = log_clock::now() + limit_;
    while (out_->written() + out_->lost() + overrun() < number && log_clock::now() < until) poll(nullptr, 0, 1);
  }
  std::uint64_t overrun() const {
    const std::lock_guard hold{mutex_};
    return queue_ ? queue_->overrun_counter() : overrun_;
  }
  /// Signals are for other threads, and a reader that went away (SIGPIPE) costs lines, not the process.
  static void hear_no_signal() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
  }

  const std::chrono::milliseconds limit_;
  mutable std::mutex mutex_;           ///< Of what follows, but for the atomic.
  std::unique_ptr<thread_pool> queue_; ///< Empty: closed.
  std::uint64_t posted_ = 0;
  std::uint64_t overrun_ = 0; ///< Of the queue that was closed.
  std::atomic<std::uint64_t> unqueued_{0};
  const std::shared_ptr<patient_sink> out_;
  const std::shared_ptr<spdlog::async_logger> back_; ///< Where the queue's thread takes its lines to.
};

/// What one log consists of.
struct running_log {
  std::shared_ptr<queueing_sink> sink;
  spdlog::logger front;

  explicit running_log(const log_outlet& to) : sink(std::make_shared<queueing_sink>(to)), front(log_name, sink) {
    front.set_error_handler([x = sink](const std::string&) { x->lose(); });
  }
  ~running_log() { sink->close(); }
  running_log(const running_log&) = delete;
  running_log& operator=(const running_log&) = delete;
};

} // namespace

service_log make_service_log(const std::string& level, bool json, const log_outlet& to) {
  auto all = std::make_shared<running_log>(to);
  if (json) {
    all->front.set_formatter(std::make_unique<json_formatter>());
  } else {
    all->front.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n %v");
  }
  all->front.set_level(spdlog::level::from_str(level));
  auto dropped = [sink = all->sink] { return sink->dropped(); };
  auto close = [sink = all->sink] { sink->close(); };
  return {std::shared_ptr<spdlog::logger>{all, &all->front}, std::move(dropped), std::move(close)};
}

} // namespace tripool::service
