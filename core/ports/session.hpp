// The port to one database session: what the pipeline needs from a client library, and what it hears back.
// Implemented by core/postgres over libpq, by fakes in tests and by the simulated server. A session is driven: it never
// blocks and knows no loop; its owner watches `interest()` and calls `on_ready`.
// Knows nothing of requests, pools or actors. Used by the connection actor and the pipeline machine.
#pragma once

#include "tripool/core/copy/copy_text.hpp"
#include "tripool/core/credentials/secret.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/result/server_message.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool {

/// What must be watched for a session to go on. `fd` is -1 for sessions without a descriptor (they call the waker).
struct watch_interest {
  int fd = -1;
  bool read = false;
  bool write = false;
  std::uint32_t epoch = 0; ///< Grows whenever the descriptor was replaced, even by one of the same number.
  friend bool operator==(const watch_interest&, const watch_interest&) = default;
};

/// What is known of the server once the session is open.
struct server_info {
  std::string host; ///< As dialled: a host name, an address or a socket directory.
  std::uint16_t port = 0;
  std::string address;      ///< "host:port", for people.
  std::int32_t version = 0; ///< For example 150020.
  std::int32_t backend_pid = 0;
  std::optional<bool> in_hot_standby; ///< As the server reports it (14 and later).
  std::optional<bool> read_only;      ///< default_transaction_read_only as the server reports it (14 and later).
};

/// What the server said to one operation.
struct wire_result {
  enum class kind : std::uint8_t {
    complete, ///< The operation ran: rows and a command tag.
    error,    ///< ErrorResponse to this very operation.
    aborted,  ///< Skipped by the server because something before it in the same Sync failed: it did not run.
    sync,     ///< ReadyForQuery: everything before it is settled.
  };
  kind what = kind::complete;
  result rows;          ///< For `complete`.
  server_message error; ///< For `error`. For `sync`: why the implicit transaction that the sync was to commit was
                        ///< rolled back (a deferred constraint, for example); an empty SQLSTATE means it was not.
  char transaction_status = 'I'; ///< For `sync` and for the end of a COPY: I idle, T in a transaction, E in a failed
                                 ///< one.
};

/// A COPY that the server has begun.
struct copy_start {
  copy_direction direction = copy_direction::in;
  result_format format = result_format::text;
  std::size_t columns = 0;
};

/// Why a session ended or never began.
struct session_loss {
  enum class phase : std::uint8_t { dialling, open };
  phase during = phase::dialling;
  std::string sqlstate; ///< Of the FATAL that ended it, where the server sent one; else empty.
  std::string message;  ///< For people; free of secrets.
  bool orderly = false; ///< Closed at our own wish.
};

/// Hears what happens on a session. Called from inside the session's functions, on the owner's thread.
class session_sink {
public:
  virtual ~session_sink() = default;
  virtual void on_open(const server_info& info) = 0;
  /// One result for each operation sent, in their order.
  virtual void on_result(wire_result&& x) = 0;
  /// At most once; nothing follows. Results that had arrived before are delivered first.
  virtual void on_lost(session_loss&& x) = 0;
  virtual void on_notice(server_message&& x) = 0;
  virtual void on_notification(std::string_view channel, std::string_view payload, std::int32_t backend_pid) = 0;
  /// A reported parameter changed, for example in_hot_standby.
  virtual void on_parameter(std::string_view name, std::string_view value) = 0;
  /// The server has begun the COPY that was asked for. Only for those who call `begin_copy`.
  virtual void on_copy_start(const copy_start&) {}
  /// A piece of a COPY TO STDOUT, as the server cut it: a row, in text and CSV with its line end. Valid during the
  /// call.
  virtual void on_copy_data(std::span<const std::byte>) {}
};

/// Asks the server to cancel whatever runs on the session at that moment. Outlives its session and may be used from
/// another thread. It blocks: run it on a helper.
class canceller {
public:
  virtual ~canceller() = default;
  /// Returns nothing on success, else what went wrong.
  virtual std::optional<std::string> cancel() = 0;
};

/// What has passed over a session, as the system counts it.
struct session_traffic {
  std::uint64_t sent = 0;     ///< Bytes that the server has acknowledged.
  std::uint64_t received = 0; ///< Bytes.
};

/// One session with a server, in pipeline mode unless a COPY is under way. Not thread-safe. Destroying it closes it at
/// once.
class session {
public:
  virtual ~session() = default;

  virtual watch_interest interest() const noexcept = 0;
  /// Nothing where the system does not count: on other than TCP connections, and while there is none.
  virtual std::optional<session_traffic> traffic() const { return std::nullopt; }
  /// From now on `on_parameter` tells of every setting that the server reports, before the result of the sync that
  /// changed it; off, as at first, of in_hot_standby and default_transaction_read_only only.
  virtual void watch_parameters(bool) {}
  /// The descriptor is ready, or the waker was called: reads, writes and dials on as far as it can without blocking,
  /// and reports to the sink.
  virtual void on_ready(bool readable, bool writable, session_sink& sink) = 0;

  // Each of the following queues one operation for which exactly one `on_result` comes (unless the session is lost).
  // They return false when the session can take no more (it is lost; `on_lost` has been or will be reported).
  // Precondition: open.
  /// `types` are those that the parameters state (see stated_types): 0 or missing ones are inferred by the server.
  virtual bool prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t> types) = 0;
  virtual bool execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format f) = 0;
  /// Parses and runs the text as the unnamed statement.
  virtual bool execute(const std::string& text, std::span<const parameter> parameters, result_format f) = 0;
  /// Closes a prepared statement. One result.
  virtual bool close_prepared(const std::string& name) = 0;
  virtual bool sync() = 0;

  // COPY, for an owner that uses the session alone:
  //
  //   idle --begin_copy--> begun --on_copy_start(in)---> taking data --copy_end--> ending --on_result--> idle
  //                          |  \--on_copy_start(out)--> giving data ---------------------on_result-->   |
  //                          \--(refused, or nothing to move: on_result)----------------------------->   |
  //
  // Exactly one `on_result` ends it: `complete` with the tag "COPY n" when the server has committed it (or done it, in
  // a transaction), else `error`; it carries the transaction status, and the session takes operations again. No sync
  // belongs to it. Other operations are refused (false) while it lasts.

  /// Begins the text's COPY. Precondition: every operation so far was answered, the last one being a sync or a COPY;
  /// the text passed `read_copy_text`. False when that does not hold or the session is lost.
  virtual bool begin_copy(const std::string& text) = 0;
  /// Hands over a piece of the data of a COPY FROM STDIN, cut anywhere. Back-pressure is the owner's: hand over the
  /// next piece when `flush` has returned true. False when no data is taken (any more).
  virtual bool copy_put(std::span<const std::byte> piece) = 0;
  /// Ends the data of a COPY FROM STDIN; with a reason, so that the server refuses it (57014) and keeps none of it.
  /// This is how it is taken back: a cancel strikes a server that waits for data only when some arrives. False when no
  /// data is taken (any more).
  virtual bool copy_end(const std::optional<std::string>& fail_because) = 0;
  /// Takes no further data of a COPY TO STDOUT until `resume_copy`: stops reading, so that the server waits (and heeds
  /// no cancel until the data flows again). Allowed inside `on_copy_data`. No effect when no COPY is under way; a new
  /// COPY begins unpaused.
  virtual void pause_copy() = 0;
  /// Goes on; reports to the sink what had arrived already, unless called from inside it, where it comes later.
  virtual void resume_copy(session_sink& sink) = 0;

  /// Writes what is queued. Returns true when nothing is left unwritten. May report to the sink, since a session that
  /// cannot write must read.
  virtual bool flush(session_sink& sink) = 0;

  /// Approximate bytes received for the answer that is arriving; 0 when none is.
  virtual std::size_t incoming_bytes() const noexcept = 0;

  virtual std::unique_ptr<canceller> make_canceller() = 0;

  /// The types of its database, as its owner knows them: parameters are sent with the OIDs of their names, and results
  /// carry it for decoders. May be null.
  const std::shared_ptr<const type_catalogue>& types() const noexcept { return types_; }
  void use_types(std::shared_ptr<const type_catalogue> x) noexcept { types_ = std::move(x); }

private:
  std::shared_ptr<const type_catalogue> types_;
};

/// Where to dial: everything but the secret. Host names are resolved before: `address` is numeric or a socket
/// directory.
struct dial_target {
  std::string host;    ///< As configured; kept for TLS checks and messages.
  std::string address; ///< Numeric address, or empty when `host` is a socket directory or numeric itself.
  std::uint16_t port = 5432;
  std::string dbname;
  std::string user;
  std::string application_name;
  std::vector<std::pair<std::string, std::string>> options; ///< Further libpq keywords, such as sslmode; no password.
  duration keepalive_idle{std::chrono::seconds{10}};
  duration keepalive_interval{std::chrono::seconds{5}};
  std::uint32_t keepalive_count = 3;
  duration tcp_user_timeout{std::chrono::seconds{10}};
  duration statement_timeout{0}; ///< The session's default on the server; 0: the server's own.
  std::string trace_file;        ///< What goes over the wire once the session is open is appended here; empty: nowhere.
};

/// Makes sessions. May be shared by several owners; `dial` is called on the owner's thread and does not block.
class session_factory {
public:
  virtual ~session_factory() = default;
  /// Begins a session. The secret is used for this dial and not kept. `wake` may be called from any thread by sessions
  /// that have no descriptor; the owner answers with `on_ready`. Never null: what fails at once is reported by the
  /// first `on_ready`.
  virtual std::unique_ptr<session> dial(const dial_target& to, const credential& with, std::function<void()> wake) = 0;
};

} // namespace tripool
