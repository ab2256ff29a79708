// A caller on another node as a process of its own, so that tests can kill it, stop it, look at it from outside: one
// command a line of its input, one line of output for each.
//
//   tripool-remote-caller ADDRESS:PORT[,...] [CERTIFICATE KEY AUTHORITY]
//   ready                once a node is up
//   run SQL              done ROWS TAG | failed OUTCOME CAUSE MESSAGE
//   begin, in SQL, commit       the same, in one transaction; begin: begun BACKEND_PID
//   many N SQL           sent N: reads whose answers wait
//   answers              answers N DONE NOT_EXECUTED OTHERS
//
// Knows no test. Used by tests/remote.
#include "service/app/system.hpp"
#include "service/query/nodes.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/remote/publish.hpp"
#include "tripool/actors/remote/remote_delegate.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tripool::test {

namespace {

statement asking(std::string text, access mode) {
  statement s;
  s.text = std::move(text);
  s.mode = mode;
  s.format = result_format::text;
  s.timeout = std::chrono::seconds{30};
  return s;
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void tell(const answer<result>& x) {
  if (x) return say("done " + std::to_string(x->size()) + ' ' + std::string{x->command_tag()});
  const auto& f = x.error();
  say("failed " + std::string{to_string(f.kind)} + ' ' + std::string{to_string(f.why)} + ' ' + f.message);
}

/// Reads that were sent and not yet answered.
class crowd {
public:
  crowd(caf::scoped_actor& self, caf::actor to) : self_(self), to_(std::move(to)) {}

  void send(std::size_t n, const std::string& text) {
    for (std::size_t i = 0; i < n; ++i) {
      auto handle = self_->request(to_, caf::infinite, asking(text, access::read));
      waiting_.push_back([this, handle]() mutable {
        handle.receive(
          [this](const result&) { ++done_; },
          [this](const caf::error& e) { ++(failure_of(e).kind == outcome::not_executed ? not_executed_ : others_); });
      });
    }
    say("sent " + std::to_string(n));
  }
  void receive() {
    for (auto& one : waiting_) one();
    say("answers " + std::to_string(waiting_.size()) + ' ' + std::to_string(done_) + ' ' + std::to_string(not_executed_)
        + ' ' + std::to_string(others_));
    waiting_.clear();
  }

private:
  caf::scoped_actor& self_;
  caf::actor to_;
  std::vector<std::function<void()>> waiting_;
  std::size_t done_ = 0;
  std::size_t not_executed_ = 0;
  std::size_t others_ = 0;
};

bool is_up(blocking_client& db, const caf::actor& proxy) {
  const auto s = db.ask<remote_status>(proxy, get_status{});
  if (!s) return false;
  for (const auto& n : s->nodes)
    if (n.state == "up") return true;
  return false;
}

void work(caf::actor_system& sys, const caf::actor& proxy) {
  blocking_client db{sys, proxy};
  while (!is_up(db, proxy)) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  say("ready");
  crowd many{db.self(), proxy};
  std::optional<blocking_transaction> open;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string what;
    words >> what;
    const auto rest = [&] {
      std::string out;
      std::getline(words >> std::ws, out);
      return out;
    };
    if (what == "run") {
      tell(db.execute(asking(rest(), access::write)));
    } else if (what == "begin") {
      auto begun = db.begin();
      if (!begun) {
        tell(unexpected{std::move(begun).error()});
        continue;
      }
      open.emplace(std::move(*begun));
      say("begun " + std::to_string(open->handle().backend_pid));
    } else if (what == "in" && open) {
      tell(open->execute(asking(rest(), access::write)));
    } else if (what == "commit" && open) {
      tell(open->commit());
    } else if (what == "many") {
      std::size_t n = 0;
      words >> n;
      many.send(n, rest());
    } else if (what == "answers") {
      many.receive();
    } else {
      say("what? " + line);
    }
  }
}

} // namespace

/// Returns the exit code: 0, or 2 for what is wrong with the arguments.
int call(int argc, char** argv) {
  const auto nodes = service::read_nodes(argc > 1 ? argv[1] : "");
  if (!nodes) return std::fprintf(stderr, "%s\n", nodes.error().c_str()), 2;
  remote_tls_files files;
  if (argc > 4) files = {argv[2], argv[3], argv[4]};
  service::system_config cfg;
  if (const auto wrong = configure_remote(cfg, files); !wrong.empty())
    return std::fprintf(stderr, "%s\n", wrong.c_str()), 2;
  caf::actor_system sys{cfg};
  remote_options how;
  how.nodes = *nodes;
  how.tls = !files.empty();
  const auto proxy = spawn_remote_delegate(sys, std::move(how));
  work(sys, proxy);
  caf::anon_send_exit(proxy, caf::exit_reason::kill);
  return 0;
}

} // namespace tripool::test

int main(int argc, char** argv) {
  return tripool::test::call(argc, argv);
}
