// Answers from a few results that are made once a thread, so that two loops share nothing that real ones would not.
#include "tests/performance/instant_session.hpp"

#include "tripool/core/health/probe.hpp"
#include "tripool/core/result/row.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace tripool::performance {

namespace {

using columns = std::vector<owned_result::column>;
using cells = std::vector<std::vector<owned_result::cell>>;

result make_result(std::string tag, columns c = {}, cells rows = {}) {
  return result{std::make_shared<const owned_result>(std::move(tag), std::move(c), std::move(rows))};
}

columns text_columns(std::size_t n) {
  return columns(n, {"?column?", 25, result_format::text});
}

const result& result_of(answer x) {
  static const auto int4 = [](const char* name) { return owned_result::column{name, 23, result_format::binary}; };
  static const std::string one{"\0\0\0\1", 4};
  thread_local const result row = make_result("SELECT 1", {int4("aid"), int4("abalance")}, {{one, one}});
  thread_local const result update = make_result("UPDATE 1");
  thread_local const result begin = make_result("BEGIN");
  thread_local const result commit = make_result("COMMIT");
  thread_local const result rollback = make_result("ROLLBACK");
  thread_local const result probe =
    make_result("SELECT 1", text_columns(7), {{"f", "f", "1", "1000", "42", "0", std::nullopt}});
  thread_local const result nothing;
  switch (x) {
    case answer::row: return row;
    case answer::update: return update;
    case answer::begin: return begin;
    case answer::commit: return commit;
    case answer::rollback: return rollback;
    case answer::probe: return probe;
    case answer::nothing:
    case answer::sync: break;
  }
  return nothing;
}

answer answer_to(std::string_view text) {
  if (text == probe_text) return answer::probe;
  if (text.starts_with("update")) return answer::update;
  if (text.starts_with("BEGIN")) return answer::begin;
  if (text.starts_with("COMMIT")) return answer::commit;
  if (text.starts_with("ROLLBACK")) return answer::rollback;
  return answer::row;
}

} // namespace

instant_session::instant_session() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  ring(); // Ready to be opened.
}

instant_session::~instant_session() {
  close(event_);
}

void instant_session::ring() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = write(event_, &one, sizeof one);
}

void instant_session::on_ready(bool readable, bool, session_sink& sink) {
  if (!readable) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = read(event_, &count, sizeof count);
  if (!open_) {
    open_ = true;
    server_info info;
    info.host = "instant";
    info.address = "instant:0";
    info.version = 150000;
    info.backend_pid = 1;
    info.in_hot_standby = info.read_only = false;
    sink.on_open(info);
  }
  delivering_.swap(owed_);
  for (const auto x : delivering_) sink.on_result(make(x));
  delivering_.clear();
}

wire_result instant_session::make(answer x) const {
  wire_result out;
  if (x == answer::sync)
    out.what = wire_result::kind::sync;
  else
    out.rows = result_of(x);
  return out;
}

bool instant_session::owe(answer x) {
  owed_.push_back(x);
  return true;
}

bool instant_session::prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t>) {
  prepared_.emplace_back(name, answer_to(text));
  return owe(answer::nothing);
}

bool instant_session::execute_prepared(const std::string& name, std::span<const parameter>, result_format) {
  const auto i = std::find_if(prepared_.begin(), prepared_.end(), [&](const auto& x) { return x.first == name; });
  return i != prepared_.end() && owe(i->second);
}

bool instant_session::execute(const std::string& text, std::span<const parameter>, result_format) {
  return owe(answer_to(text));
}

bool instant_session::close_prepared(const std::string&) {
  return owe(answer::nothing);
}

bool instant_session::sync() {
  return owe(answer::sync);
}

bool instant_session::flush(session_sink&) {
  if (!owed_.empty()) ring();
  return true;
}

} // namespace tripool::performance
