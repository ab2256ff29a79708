// One connection of the raw libpq peer: a nonblocking socket and what is on its wire. The yardstick: libpq in pipeline
// mode and nothing else. Knows nothing of Tripool's product code. Used by the raw peer's main, on one thread.
#pragma once

#include "tests/benchmarks/raw/task.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tripool::raw {

/// How statements share a trip.
enum class policy : std::uint8_t {
  single, ///< No pipeline: one statement at a time on a connection.
  plain,  ///< Pipeline, and a Sync for each statement; libpq 15 sends each by itself.
  cork,   ///< The same with TCP_CORK, lifted once a drain.
  framed, ///< Each statement between its own BEGIN and COMMIT, one Sync a drain.
  shared, ///< One Sync a drain: one implicit transaction of many statements.
};

/// A connection. Ends the program on any error: a benchmark has nothing to rescue.
class raw_connection {
public:
  raw_connection(const std::string& dsn, policy how, const plan& what);

  /// Takes a caller's next question; it is sent at the next `flush` at the latest.
  void ask(caller& who);
  /// Reads what has come. `answered(caller&)` is called for each caller with all of its answer; it may ask again.
  template <class F>
  void read(F answered) {
    consume();
    while (auto* who = next_answered()) answered(*who);
  }
  /// Sends the Sync that is due and what libpq holds. Afterwards `wants_to_write` tells whether the socket was full.
  void flush();
  bool wants_to_write() const noexcept { return wants_to_write_; }
  int socket() const { return PQsocket(connection_.get()); }

private:
  struct closer {
    void operator()(PGconn* x) const noexcept { PQfinish(x); }
  };
  enum class part : std::uint8_t { frame, middle, last };
  struct expected {
    part what;
    caller* who;
    std::size_t index; ///< Which statement of the plan.
  };

  void send(caller& who);
  void send_frame(const char* name, caller& who);
  void sync();
  void consume();
  caller* next_answered();
  caller* take(PGresult* r);
  [[noreturn]] void die(const char* what) const;

  std::unique_ptr<PGconn, closer> connection_;
  policy how_;
  const plan& plan_;
  std::deque<expected> expected_;
  std::deque<caller*> waiting_; ///< Policy `single`: for their turn.
  std::uint64_t syncs_ = 0;     ///< Sent and not answered.
  bool sync_due_ = false;
  bool wants_to_write_ = false;
};

} // namespace tripool::raw
