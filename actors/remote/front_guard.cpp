// A broker between two connections.
#include "tripool/actors/remote/front_guard.hpp"

#include "tripool/core/remote/frame_guard.hpp"

#include <caf/io/broker.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/receive_policy.hpp>

#include <map>
#include <string_view>
#include <utility>

namespace tripool {

namespace {

using caf::io::connection_handle;

/// One caller's connection and the middleman's end of it.
struct guarded_pair {
  connection_handle outer;
  connection_handle inner;
  frame_guard frames;
};

class front_guard {
public:
  front_guard(caf::io::broker& self, std::uint16_t inner, guard_limits limits, std::shared_ptr<spdlog::logger> log)
    : self_(self), inner_(inner), limits_(limits), log_(std::move(log)) {}

  void come(connection_handle x) {
    if (pairs_.size() >= limits_.connections_max) {
      log_->warn("guard: a caller is refused: {} connections are open already", pairs_.size());
      self_.close(x);
      return;
    }
    auto to = self_.add_tcp_scribe("127.0.0.1", inner_);
    if (!to) {
      log_->error("guard: the middleman cannot be reached: {}", self_.system().render(to.error()));
      self_.close(x);
      return;
    }
    const auto number = ++last_;
    pairs_.emplace(number, guarded_pair{x, *to, frame_guard{limits_.message_bytes_max}});
    numbers_[x] = numbers_[*to] = number;
    constexpr std::size_t piece = 64 * 1024;
    self_.configure_read(x, caf::io::receive_policy::at_most(piece));
    self_.configure_read(*to, caf::io::receive_policy::at_most(piece));
    self_.delayed_send(&self_, limits_.handshake_max, number); // Then: has it said anything?
  }

  void read(connection_handle from, const std::vector<char>& data) {
    const auto n = numbers_.find(from);
    if (n == numbers_.end()) return;
    auto& pair = pairs_.at(n->second);
    const bool outward = from == pair.inner;
    const auto to = outward ? pair.outer : pair.inner;
    std::string passed;
    const std::string_view bytes{data.data(), data.size()};
    if (outward) {
      passed = bytes;
    } else if (!pair.frames.feed(bytes, passed)) {
      log_->warn("guard: a connection is closed: {}", pair.frames.problem());
      return drop(n->second);
    }
    if (passed.empty()) return;
    self_.write(to, passed.size(), passed.data());
    self_.flush(to);
    if (self_.wr_buf(to).size() <= limits_.unread_bytes_max) return;
    log_->warn("guard: a connection is closed: more than {} bytes wait for who does not read them",
               limits_.unread_bytes_max);
    drop(n->second);
  }

  void closed(connection_handle x) {
    if (const auto n = numbers_.find(x); n != numbers_.end()) drop(n->second);
  }

  void check(std::uint64_t number) {
    const auto i = pairs_.find(number);
    if (i == pairs_.end() || i->second.frames.messages() > 0) return;
    log_->warn("guard: a connection is closed: it said nothing for {} ms", limits_.handshake_max.count());
    drop(number);
  }

private:
  void drop(std::uint64_t number) {
    const auto i = pairs_.find(number);
    if (i == pairs_.end()) return;
    const auto pair = i->second;
    pairs_.erase(i);
    for (const auto& x : {pair.outer, pair.inner}) {
      numbers_.erase(x);
      self_.close(x);
    }
  }

  caf::io::broker& self_;
  std::uint16_t inner_;
  guard_limits limits_;
  std::shared_ptr<spdlog::logger> log_;
  std::map<std::uint64_t, guarded_pair> pairs_;
  std::map<connection_handle, std::uint64_t> numbers_;
  std::uint64_t last_ = 0;
};

caf::behavior run_guard(caf::io::broker* self, const caf::actor& gate, std::uint16_t inner, guard_limits limits,
                        const std::shared_ptr<spdlog::logger>& log) {
  const auto guard = std::make_shared<front_guard>(*self, inner, limits, log);
  self->set_default_handler(caf::drop);
  self->monitor(gate);
  self->set_down_handler([self](caf::down_msg&) { self->quit(); }); // And closes all that it has.
  return {
    [guard](const caf::io::new_connection_msg& x) { guard->come(x.handle); },
    [guard](const caf::io::new_data_msg& x) { guard->read(x.handle, x.buf); },
    [guard](const caf::io::connection_closed_msg& x) { guard->closed(x.handle); },
    [](const caf::io::acceptor_closed_msg&) {},
    [guard](std::uint64_t number) { guard->check(number); },
  };
}

} // namespace

caf::expected<guarded_port> spawn_front_guard(caf::actor_system& sys, const std::string& host, std::uint16_t port,
                                              const caf::actor& gate, std::uint16_t inner, guard_limits limits,
                                              std::shared_ptr<spdlog::logger> log) {
  auto door = sys.middleman().backend().new_tcp_doorman(port, host.c_str(), true);
  if (!door) return std::move(door.error());
  guarded_port out;
  out.port = (*door)->port();
  // With an argument, since CAF 0.17 refers to the arguments of a function that has none through a null pointer.
  out.guard = sys.middleman().spawn_broker<caf::hidden>(
    [door = *door, gate, limits, log](caf::io::broker* self, std::uint16_t to) {
      self->add_doorman(door);
      return run_guard(self, gate, to, limits, log);
    },
    inner);
  return out;
}

} // namespace tripool
