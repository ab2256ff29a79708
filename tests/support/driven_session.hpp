// Drives one session through the port with poll(2), as an event loop would, and records everything that its sink hears.
// Knows no implementation of the port. Used by tests of sessions.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tripool::test {

/// Remembers what a session reports, in order.
class recording_sink : public session_sink {
public:
  struct notification {
    std::string channel;
    std::string payload;
    std::int32_t backend_pid = 0;
  };

  void on_open(const server_info& info) override;
  void on_result(wire_result&& x) override;
  void on_lost(session_loss&& x) override;
  void on_notice(server_message&& x) override;
  void on_notification(std::string_view channel, std::string_view payload, std::int32_t backend_pid) override;
  void on_parameter(std::string_view name, std::string_view value) override;
  void on_copy_start(const copy_start& x) override;
  void on_copy_data(std::span<const std::byte> piece) override;

  std::optional<server_info> opened;
  std::vector<wire_result> results;
  std::vector<session_loss> losses;
  std::vector<server_message> notices;
  std::vector<notification> notifications;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<copy_start> copies;
  std::string copied; ///< The data of all COPYs TO STDOUT, unless `after_copy_data` is set.
  std::size_t copied_bytes = 0;
  /// All calls by name, to check their order: "open", "result", "lost", "notice", "notification", "parameter",
  /// "copy start". Data of a COPY is not noted.
  std::vector<std::string> calls;
  /// Called at the end of each `on_result`, to act from inside the sink.
  std::function<void()> after_result;
  /// Called with each piece of data instead of keeping it.
  std::function<void(std::span<const std::byte>)> after_copy_data;
};

/// A session, its sink, and the loop that drives it.
class driven_session {
public:
  driven_session(session_factory& factory, const dial_target& to, const credential& with);

  /// Runs the loop until the condition holds or the time is up. Returns whether it holds.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds{20});
  /// Runs until the session is open or lost. Returns whether it is open.
  bool open();
  /// Flushes, and runs until `n` results have arrived since the beginning or the session is lost. Returns whether they
  /// have.
  bool await_results(std::size_t n);
  bool await_loss();
  /// Begins a COPY on the idle session and runs until its data may flow, it has ended, or the session is lost. Returns
  /// whether its data may flow.
  bool begin_copy(const std::string& text);
  /// Hands over data of a COPY and runs until it is written out. Returns whether it was taken.
  bool put(std::string_view data);
  /// Ends the data of a COPY, unless the server has refused it already, and returns its result.
  wire_result end_copy(const std::optional<std::string>& fail_because = std::nullopt);
  /// Runs one statement under its own sync and returns its answer; the sync's answer is checked to have arrived.
  wire_result run(const std::string& sql, const std::vector<parameter>& parameters = {},
                  result_format format = result_format::text);
  /// The first column of the first row of `run`, or an empty string.
  std::string value(const std::string& sql, const std::vector<parameter>& parameters = {});

  session& operator*() { return *session_; }
  session* operator->() { return session_.get(); }

  recording_sink heard;
  std::size_t incoming_max = 0; ///< The highest `incoming_bytes` seen.
  std::vector<std::uint32_t> epochs;

private:
  void step(std::chrono::milliseconds limit);

  std::atomic<bool> woken_{false};
  std::size_t copy_result_ = 0; ///< Where the result of the last COPY stands, or will.
  std::unique_ptr<session> session_;
};

} // namespace tripool::test
