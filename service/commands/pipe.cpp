// The command `pipe`: reads request lines, sends them to the delegate concurrently, writes answers as they come.
#include "service/app/log.hpp"
#include "service/app/readiness.hpp"
#include "service/app/signals.hpp"
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"
#include "service/pipe/line_splitter.hpp"
#include "service/pipe/output.hpp"
#include "service/pipe/protocol.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace tripool::service {

namespace {

constexpr std::size_t unwritten_max = std::size_t{64} << 20;

/// How long a wait lasts before it looks whether the command is to end.
constexpr std::chrono::milliseconds turn{50};

/// After the end was asked for: how long a slow reader of the answers has for what is left.
constexpr std::chrono::seconds last_answers{2};

/// How many requests may be read and not answered: as many as the smallest queue takes, so that a file that is read
/// faster than it is answered fills no queue. All of them may be for one pool.
std::size_t outstanding_max(const options& x) {
  auto out = std::numeric_limits<std::size_t>::max();
  for (const auto& p : x.pools)
    if (p.enabled) out = std::min(out, p.queue_max);
  return std::max<std::size_t>(out, 1);
}

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
  /// Waits for `limit` at most; returns whether it is below.
  bool wait_below(std::size_t bound, std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return n_ < bound; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t n_ = 0;
};

struct ask_msg {
  std::shared_ptr<pipe::request_line> what;
};

/// Sends each request and writes its answer. What it still owes when it is ended, it answers itself: in doubt.
class asker final : public loop_actor {
public:
  asker(caf::actor_config& cfg, reactor* loop, caf::actor delegate, pipe::output* out, tally* count)
    : loop_actor(cfg, loop), delegate_(std::move(delegate)), out_(out), count_(count) {}

private:
  caf::behavior make_behavior() override {
    return {[this](const ask_msg& x) {
      const auto n = ++asked_;
      ids_.emplace(n, x.what->id);
      if (auto* s = std::get_if<statement>(&x.what->what)) return ask<result>(std::move(*s), n);
      ask<reply>(std::move(std::get<batch>(x.what->what)), n);
    }};
  }

  void on_end() override {
    failure f;
    f.kind = outcome::in_doubt;
    f.why = cause::shutting_down;
    f.message = "the service ended before it heard the answer";
    for (const auto& [n, id] : ids_) {
      out_->line(pipe::render(id, f));
      count_->one_less();
    }
    ids_.clear();
  }

  template <class Answer, class Question>
  void ask(Question question, std::uint64_t n) {
    request(delegate_, caf::infinite, std::move(question))
      .then(
        [this, n](const Answer& x) {
          if constexpr (std::is_same_v<Answer, result>) {
            finish(n, [&](const std::string& id) { return pipe::render(id, reply{{x}}, false); });
          } else {
            finish(n, [&](const std::string& id) { return pipe::render(id, x, true); });
          }
        },
        [this, n](const caf::error& e) {
          finish(n, [&](const std::string& id) { return pipe::render(id, failure_of(e)); });
        });
  }

  template <class Render>
  void finish(std::uint64_t n, Render render) {
    const auto i = ids_.find(n);
    if (i == ids_.end()) return;
    out_->line(render(i->second));
    ids_.erase(i);
    count_->one_less();
  }

  caf::actor delegate_;
  pipe::output* out_;
  tally* count_;
  std::uint64_t asked_ = 0;
  std::unordered_map<std::uint64_t, std::string> ids_; ///< Of what has not been answered.
};

/// What went wrong with the streams: an errno each, or 0.
struct stream_errors {
  int input = 0;
  int output = 0;
};

/// Reads standard input until its end, a signal, or until the reader of our output has gone.
stream_errors read_lines(pipe::line_splitter& lines, const signal_watch& signals, const pipe::output& out) {
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    // Of the output only hears that its reader has gone.
    std::array<pollfd, 3> p{{{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
    if (poll(p.data(), p.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return {errno, 0};
    }
    if (p[2].revents != 0 || out.broken()) return {0, out.broken() ? out.error() : EPIPE};
    if (p[1].revents != 0) return {};
    if (p[0].revents == 0) continue;
    const auto n = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return {errno, 0};
    if (n == 0) break;
    lines.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
  lines.finish();
  return {};
}

/// Says what went wrong with the streams. Returns the exit code.
int account(stream_errors x) {
  if (x.input != 0) complain_of_stream("standard input cannot be read", x.input);
  if (x.output != 0) complain_of_stream("standard output cannot be written", x.output);
  return x.input == 0 && x.output == 0 ? 0 : 1;
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
  const auto log = make_service_log(log_level.empty() ? loaded->options.log_level : log_level, false);
  const log_end last{log};
  const auto drain = loaded->options.drain_timeout;
  const auto limit = outstanding_max(loaded->options);
  pipe::output out{STDOUT_FILENO};
  tally count;
  system_config cfg;
  caf::actor_system sys{cfg};
  instance_parts parts;
  parts.passwords = std::move(loaded->inline_passwords);
  parts.log = log.log;
  instance db{sys, std::move(loaded->options), std::move(parts)};
  wait_until_probed(sys, db, std::chrono::seconds{10});
  out.line(R"({"ready": true})");
  auto worker = db.spawn_on_loop<asker>(db.delegate(), &out, &count);
  const auto to_end = [&] { return signals.pending() || out.broken(); };
  const auto wait = [&](const auto& step) {
    while (!step())
      if (to_end()) return false;
    return true;
  };
  pipe::line_splitter lines{
    pipe::line_bytes_max, [&](std::string_view line, std::uint64_t number, bool too_long) {
      if (!wait([&] { return out.wait_for_room(unwritten_max, turn); })) return;
      if (too_long) return out.line(pipe::render_too_long(number));
      auto x = pipe::parse_line(line, number);
      if (auto* answer = std::get_if<std::string>(&x)) return out.line(std::move(*answer));
      if (!wait([&] { return count.wait_below(limit, turn); })) return;
      count.one_more();
      caf::anon_send(worker, ask_msg{std::make_shared<pipe::request_line>(std::move(std::get<pipe::request_line>(x)))});
    }};
  auto errors = read_lines(lines, signals, out);
  const bool finished = errors.output == 0 && wait([&] { return count.wait_below(1, turn); });
  db.stop(drain); // With a signal: what is in flight has so long; the rest is answered.
  worker = nullptr;
  if (finished) {
    wait([&] { return out.flush(turn); });
  } else {
    out.flush(last_answers);
  }
  if (out.broken()) errors.output = out.error();
  return account(errors);
}

} // namespace tripool::service
