// A session whose server answers everything at once: what stands behind the port when the cost of Tripool itself is
// counted. It has a descriptor, as libpq's has, so that the loop finds it readable and drives it in the same way; after
// a warm-up it allocates nothing, so that what is counted is Tripool's.
// Knows no SQL beyond the texts that it is asked. Used by the tests of this folder.
#pragma once

#include "tripool/core/ports/session.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tripool::performance {

/// What a text is answered with.
enum class answer : std::uint8_t { row, update, begin, commit, rollback, probe, nothing, sync };

class instant_session final : public session {
public:
  instant_session();
  ~instant_session() override;
  instant_session(const instant_session&) = delete;
  instant_session& operator=(const instant_session&) = delete;

  watch_interest interest() const noexcept override { return {event_, true, false, 1}; }
  void on_ready(bool readable, bool writable, session_sink& sink) override;
  bool prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t> types) override;
  bool execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format f) override;
  bool execute(const std::string& text, std::span<const parameter> parameters, result_format f) override;
  bool close_prepared(const std::string& name) override;
  bool sync() override;
  bool begin_copy(const std::string&) override { return false; }
  bool copy_put(std::span<const std::byte>) override { return false; }
  bool copy_end(const std::optional<std::string>&) override { return false; }
  void pause_copy() override {}
  void resume_copy(session_sink&) override {}
  bool flush(session_sink& sink) override;
  std::size_t incoming_bytes() const noexcept override { return 0; }
  std::unique_ptr<canceller> make_canceller() override { return nullptr; }

private:
  bool owe(answer x);
  wire_result make(answer x) const;
  void ring() const noexcept;

  int event_;
  bool open_ = false;
  std::vector<std::pair<std::string, answer>> prepared_;
  std::vector<answer> owed_;
  std::vector<answer> delivering_;
};

class instant_factory final : public session_factory {
public:
  std::unique_ptr<session> dial(const dial_target&, const credential&, std::function<void()>) override {
    return std::make_unique<instant_session>();
  }
};

} // namespace tripool::performance
