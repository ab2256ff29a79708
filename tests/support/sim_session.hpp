// The session port on simulated servers: sessions without a descriptor, that call their owner's waker when there is
// something to read, and answer when the owner calls `on_ready`.
// Knows the simulated server. Used by unit, actor and simulation tests in place of the libpq adapter.
#pragma once

#include "tests/support/sim_server.hpp"

#include "tripool/core/ports/session.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tripool::test {

/// Which server listens where. Outlives the factories and sessions made with it.
class sim_network {
public:
  void add(const std::string& host, std::uint16_t port, sim_server& x) { servers_[{host, port}] = &x; }
  void remove(const std::string& host, std::uint16_t port) { servers_.erase({host, port}); }
  sim_server* find(const std::string& host, std::uint16_t port) const;

private:
  std::map<std::pair<std::string, std::uint16_t>, sim_server*> servers_;
};

/// A session with a simulated server. A test reaches what lies behind it by `link` and `backend`.
class sim_session final : public session {
public:
  sim_session(sim_server* home, const dial_target& to, const credential& with, std::function<void()> wake);
  sim_session(const sim_session&) = delete;
  sim_session& operator=(const sim_session&) = delete;
  ~sim_session() override;

  sim_link& link() noexcept { return *link_; }
  /// The process behind it; null until the session is open.
  const std::shared_ptr<sim_backend>& backend() const noexcept { return backend_; }

  watch_interest interest() const noexcept override { return {}; }
  void on_ready(bool readable, bool writable, session_sink& sink) override;
  bool prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t> types) override;
  bool execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format f) override;
  bool execute(const std::string& text, std::span<const parameter> parameters, result_format f) override;
  bool close_prepared(const std::string& name) override;
  bool sync() override;
  bool begin_copy(const std::string& text) override;
  bool copy_put(std::span<const std::byte> piece) override;
  bool copy_end(const std::optional<std::string>& fail_because) override;
  void pause_copy() override { copy_paused_ = true; }
  void resume_copy(session_sink& sink) override;
  bool flush(session_sink& sink) override;
  std::size_t incoming_bytes() const noexcept override { return link_->incoming_bytes(); }
  std::unique_ptr<canceller> make_canceller() override;

private:
  enum class phase : std::uint8_t { dialling, open, lost };

  void dial_on(session_sink& sink);
  void deliver(session_sink& sink);
  void deliver_one(sim_reply&& x, session_sink& sink);
  bool send(sim_message x);

  sim_server* home_;
  std::shared_ptr<sim_link> link_;
  std::shared_ptr<sim_backend> backend_;
  std::string host_;
  std::uint16_t port_;
  std::optional<std::string> password_; ///< Kept until the dial is answered only.
  phase phase_ = phase::dialling;
  bool delivering_ = false;
  bool copying_ = false; ///< From `begin_copy` to its result.
  bool taking_ = false;  ///< The server takes the data of a COPY.
  bool copy_paused_ = false;
};

/// Dials into a simulated network.
class sim_session_factory final : public session_factory {
public:
  explicit sim_session_factory(sim_network& net) : net_(net) {}
  std::unique_ptr<session> dial(const dial_target& to, const credential& with, std::function<void()> wake) override;

private:
  sim_network& net_;
};

} // namespace tripool::test
