// Steps of log-ins that reckon for long, on a thread of their own: SCRAM hashes a password 4,096 times in one call of
// libpq, 3 to 10 ms on a core of 2.8 GHz, in which the owner's loop would serve nobody. One thread for all, since they
// are to take no core from those who serve; what keeps it, a Kerberos server that hangs, keeps other log-ins, too.
// Nobody who serves waits for it, also not for a lock: it may be preempted.
// Knows no session. Used by the session, in whose hands the connection is again when a step has ended.
#pragma once

#include "tripool/core/postgres/detail/handles.hpp"
#include "tripool/core/postgres/detail/notices.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace tripool::postgres {

class log_in_helper;

/// One session's place with the helper: at most one step at a time. On the owner's thread.
class log_in_step {
public:
  explicit log_in_step(std::shared_ptr<log_in_helper> helper);
  /// Precondition: no step is under way, or `leave` was called.
  ~log_in_step();
  log_in_step(const log_in_step&) = delete;
  log_in_step& operator=(const log_in_step&) = delete;

  /// Has the connection's next step (PQconnectPoll) carried out, unless that cannot be: no thread, no descriptor. Until
  /// `take` returns something nobody else may touch the connection. Precondition: none is under way.
  bool begin(PGconn* conn);
  bool under_way() const noexcept;
  /// Readable once the step has ended.
  int descriptor() const noexcept;
  /// What the step came to, once it has ended.
  std::optional<PostgresPollingStatusType> take();
  /// The session is gone. Takes back a step that waits; one that is being carried out has its thread end the
  /// connection, and after it the receiver of its notices. Else they end here. Nothing else may follow.
  void leave(conn_handle conn, std::unique_ptr<notice_buffer> notices);

private:
  friend class log_in_helper;

  /// What both threads see.
  struct job {
    enum class state : std::uint8_t { idle, queued, running, done, abandoned, orphaned };
    job();
    ~job();
    job(const job&) = delete;
    job& operator=(const job&) = delete;

    std::atomic<state> now{state::idle};
    int event = -1;
    PGconn* conn = nullptr;
    PostgresPollingStatusType came_to = PGRES_POLLING_FAILED;
    job* next = nullptr;
    std::unique_ptr<notice_buffer> left_notices;
    conn_handle left_conn;
  };

  std::shared_ptr<log_in_helper> helper_;
  std::unique_ptr<job> job_;
};

/// The thread, which begins with the first step. May be shared by sessions of several threads.
class log_in_helper {
public:
  log_in_helper() = default;
  ~log_in_helper();
  log_in_helper(const log_in_helper&) = delete;
  log_in_helper& operator=(const log_in_helper&) = delete;

  /// Whether the connection's next step may reckon for long: an answer of the server's to the log-in, TLS, or GSS.
  static bool is_for(const PGconn* conn) noexcept;

private:
  friend class log_in_step;
  using job = log_in_step::job;

  bool add(job& x);
  void start();
  void run();
  static void carry_out(job& x);

  std::atomic<job*> added_{nullptr}; ///< The last one first.
  std::atomic<std::uint32_t> calls_{0};
  std::atomic<bool> ending_{false};
  std::once_flag started_;
  std::thread thread_;
};

} // namespace tripool::postgres
