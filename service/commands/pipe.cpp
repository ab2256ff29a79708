// The command `pipe`: reads request lines, sends them to the delegate concurrently, writes answers as they come.
#include "service/app/readiness.hpp"
#include "service/app/signals.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"
#include "service/pipe/line_splitter.hpp"
#include "service/pipe/output.hpp"
#include "service/pipe/protocol.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace tripool::service {

namespace {

constexpr std::size_t outstanding_max = 20'000; ///< Requests read and not answered.
constexpr std::size_t unwritten_max = std::size_t{64} << 20;

/// Counts what has been read and not answered; the reader waits on it.
class tally {
public:
  void one_more() {
    std::lock_guard<std::mutex> guard{mutex_};
    ++n_;
  }
  void one_less() {
    std::lock_guard<std::mutex> guard{mutex_};
    --n_;
    changed_.notify_all();
  }
  void wait_below(std::size_t limit) {
    std::unique_lock<std::mutex> guard{mutex_};
    changed_.wait(guard, [&] { return n_ < limit; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t n_ = 0;
};

struct ask_msg {
  std::shared_ptr<pipe::request_line> what;
};

/// Sends each request and writes its answer.
class asker final : public loop_actor {
public:
  asker(caf::actor_config& cfg, reactor* loop, caf::actor delegate, pipe::output* out, tally* count)
    : loop_actor(cfg, loop), delegate_(std::move(delegate)), out_(out), count_(count) {}

private:
  caf::behavior make_behavior() override {
    return {[this](const ask_msg& x) {
      if (auto* s = std::get_if<statement>(&x.what->what)) return ask<result>(std::move(*s), x.what->id);
      ask<reply>(std::move(std::get<batch>(x.what->what)), x.what->id);
    }};
  }

  template <class Answer, class Question>
  void ask(Question question, std::string id) {
    request(delegate_, caf::infinite, std::move(question))
      .then(
        [this, id](const Answer& x) {
          if constexpr (std::is_same_v<Answer, result>) {
            finish(pipe::render(id, reply{{x}}, false));
          } else {
            finish(pipe::render(id, x, true));
          }
        },
        [this, id](const caf::error& e) { finish(pipe::render(id, failure_of(e))); });
  }

  void finish(std::string line) {
    out_->line(std::move(line));
    count_->one_less();
  }

  caf::actor delegate_;
  pipe::output* out_;
  tally* count_;
};

/// Reads standard input until its end, a signal, or a reader of our output that has gone.
void read_lines(pipe::line_splitter& lines, const signal_watch& signals, const pipe::output& out) {
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    std::array<pollfd, 2> p{{{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    if (poll(p.data(), p.size(), -1) < 0 && errno != EINTR) return;
    if (p[1].revents != 0 || out.broken()) return;
    if (p[0].revents == 0) continue;
    const auto n = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) break;
    lines.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
  lines.finish();
}

} // namespace

} // namespace tripool::service

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::service::ask_msg)

namespace tripool::service {

int run_pipe(const std::string& file, const std::string& log_level) {
  auto loaded = load_or_complain(file);
  if (!loaded) return 2;
  signal_watch signals;
  std::signal(SIGPIPE, SIG_IGN);
  auto log = make_log(log_level.empty() ? loaded->options.log_level : log_level);
  const auto drain = loaded->options.drain_timeout;
  pipe::output out{STDOUT_FILENO};
  tally count;
  system_config cfg;
  caf::actor_system sys{cfg};
  instance_parts parts;
  parts.passwords = std::move(loaded->inline_passwords);
  parts.log = log;
  instance db{sys, std::move(loaded->options), std::move(parts)};
  wait_until_probed(sys, db, std::chrono::seconds{10});
  out.line(R"({"ready": true})");
  auto worker = db.spawn_on_loop<asker>(db.delegate(), &out, &count);
  pipe::line_splitter lines{
    pipe::line_bytes_max, [&](std::string_view line, std::uint64_t number, bool too_long) {
      if (too_long) return out.line(pipe::render_too_long(number));
      auto x = pipe::parse_line(line, number);
      if (auto* answer = std::get_if<std::string>(&x)) return out.line(std::move(*answer));
      count.wait_below(outstanding_max);
      out.wait_for_room(unwritten_max);
      count.one_more();
      caf::anon_send(worker, ask_msg{std::make_shared<pipe::request_line>(std::move(std::get<pipe::request_line>(x)))});
    }};
  read_lines(lines, signals, out);
  count.wait_below(1);
  caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  worker = nullptr;
  db.stop(drain);
  return out.broken() ? 1 : 0;
}

} // namespace tripool::service
