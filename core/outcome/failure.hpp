// What a request can end in, and the account that a caller gets when it did not end well.
// The four outcomes are the promise of the whole library: every other part of Tripool asks this file what it may claim.
// Knows nothing of sockets, actors or PostgreSQL's client library. Used by everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tripool {

/// The four ends that a request can have.
enum class outcome : std::uint8_t {
  done = 0,         ///< The server committed it.
  not_executed = 1, ///< It provably never ran and never will.
  rejected = 2,     ///< Refused for what it is, by the server or by Tripool's own checks: no effect.
  in_doubt = 3,     ///< It was handed to a server and the answer was lost.
};

/// Returns the outcome's name as callers, logs and JSON spell it: "done", "not_executed", "rejected", "in_doubt".
std::string_view to_string(outcome x) noexcept;

/// Why a request failed: the cause in Tripool's own terms. A server's own verdict stands beside it as SQLSTATE.
enum class cause : std::uint8_t {
  none = 0,
  server_error,      ///< The server answered with an error; see `failure::sqlstate`.
  invalid_request,   ///< Tripool's own check refused the statement before it was sent.
  result_too_large,  ///< The result passed the configured bound.
  deadline,          ///< The deadline passed.
  queue_full,        ///< The pool's queue was at its bound.
  queue_timeout,     ///< It waited in the queue for as long as the configuration allows.
  overload,          ///< Shed because the queue has been too slow for too long.
  no_server,         ///< No pool can serve it now: nothing healthy, or nothing writable.
  unknown_pool,      ///< It named a pool that is not configured.
  connection_failed, ///< No connection could be made.
  connection_lost,   ///< The connection broke while the request was on it.
  cancelled,         ///< The caller took it back.
  victim,            ///< Struck by a cancel or an abort that was meant for another statement: provably rolled back.
  actor_down,        ///< The actor that held it died.
  shutting_down,     ///< Tripool was stopping.
  protocol,          ///< The server or the library behaved in a way that Tripool does not understand.
  held_up,           ///< Everything in front of it takes long. Of moves only: a read is offered to other pools.
};

inline constexpr cause last_cause = cause::held_up;

/// Returns the cause's name, for example "queue_full".
std::string_view to_string(cause x) noexcept;

/// What proves that a request left nothing behind, or that sending it again does no harm: what a failure and every move
/// to another server rest on.
enum class proof : std::uint8_t {
  none = 0,
  never_sent,    ///< It was in Tripool's own hands all the time.
  rolled_back,   ///< The server answered that it did not run, or undid it.
  session_ended, ///< The server ended the session before it came to it.
  read,          ///< It changes nothing.
  opening,       ///< It only opens a session, which nobody has got.
  declared,      ///< Its caller declares that repeating it is harmless.
  token,         ///< It takes effect once for its token, however often it is sent.
};

/// Returns the proof's name, for example "never_sent".
std::string_view to_string(proof x) noexcept;

/// The account of a request that was not done. A plain value: safe to log, since it holds neither parameters nor
/// secrets.
struct failure {
  outcome kind = outcome::not_executed; ///< Never `done`.
  cause why = cause::none;
  std::string sqlstate;              ///< Five characters, verbatim from the server, or empty.
  std::string message;               ///< What happened, in one sentence.
  std::string detail;                ///< The server's detail, or more about the circumstances; may be empty.
  std::string hint;                  ///< What the reader can do about it; may be empty.
  std::string pool;                  ///< The pool that held it last, or empty.
  std::string server;                ///< host:port that it was sent to last, or empty.
  std::string name;                  ///< What the caller called the statement, or empty.
  std::uint32_t attempts = 0;        ///< How often it was handed to a server.
  std::chrono::nanoseconds spent{0}; ///< From its arrival at the delegate to this verdict.
  proof proved = proof::none;        ///< Of `not_executed`: how that is known.
  std::string token{};               ///< The request's own, or empty.
  std::uint64_t request = 0;         ///< Its number since the start, by which events and moves name it.
};

/// Returns the failure as one line for people: outcome, cause, SQLSTATE, message, place, attempts and time.
std::string to_string(const failure& x);

} // namespace tripool
