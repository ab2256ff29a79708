// The loop around one session.
#include "tests/support/driven_session.hpp"

#include <algorithm>
#include <poll.h>

namespace tripool::test {

void recording_sink::on_open(const server_info& info) {
  opened = info;
  calls.emplace_back("open");
}

void recording_sink::on_result(wire_result&& x) {
  results.push_back(std::move(x));
  calls.emplace_back("result");
  if (after_result) {
    after_result();
  }
}

void recording_sink::on_lost(session_loss&& x) {
  losses.push_back(std::move(x));
  calls.emplace_back("lost");
}

void recording_sink::on_notice(server_message&& x) {
  notices.push_back(std::move(x));
  calls.emplace_back("notice");
}

void recording_sink::on_notification(std::string_view channel, std::string_view payload, std::int32_t backend_pid) {
  notifications.push_back({std::string{channel}, std::string{payload}, backend_pid});
  calls.emplace_back("notification");
}

void recording_sink::on_parameter(std::string_view name, std::string_view value) {
  parameters.emplace_back(name, value);
  calls.emplace_back("parameter");
}

void recording_sink::on_copy_start(const copy_start& x) {
  copies.push_back(x);
  calls.emplace_back("copy start");
}

void recording_sink::on_copy_data(std::span<const std::byte> piece) {
  copied_bytes += piece.size();
  if (after_copy_data) {
    after_copy_data(piece);
  } else {
    copied.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

driven_session::driven_session(session_factory& factory, const dial_target& to, const credential& with)
  : session_(factory.dial(to, with, [this] { woken_ = true; })) {}

void driven_session::step(std::chrono::milliseconds limit) {
  if (woken_.exchange(false)) {
    session_->on_ready(false, false, heard);
    return;
  }
  const watch_interest x = session_->interest();
  epochs.push_back(x.epoch);
  pollfd p{x.fd, static_cast<short>((x.read ? POLLIN : 0) | (x.write ? POLLOUT : 0)), 0};
  if (poll(&p, 1, static_cast<int>(limit.count())) <= 0) {
    return;
  }
  const bool broken = (p.revents & (POLLERR | POLLHUP)) != 0;
  session_->on_ready(broken || (p.revents & POLLIN) != 0, broken || (p.revents & POLLOUT) != 0, heard);
  incoming_max = std::max(incoming_max, session_->incoming_bytes());
}

bool driven_session::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + limit;
  while (!done()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0) {
      return false;
    }
    step(std::min(left, std::chrono::milliseconds{20}));
  }
  return true;
}

bool driven_session::open() {
  run_until([this] { return heard.opened.has_value() || !heard.losses.empty(); });
  return heard.opened.has_value() && heard.losses.empty();
}

bool driven_session::await_results(std::size_t n) {
  session_->flush(heard);
  run_until([&] { return heard.results.size() >= n || !heard.losses.empty(); });
  return heard.results.size() >= n;
}

bool driven_session::await_loss() {
  return run_until([this] { return !heard.losses.empty(); });
}

bool driven_session::begin_copy(const std::string& text) {
  const auto copies = heard.copies.size();
  const auto results = heard.results.size();
  copy_result_ = results;
  if (!session_->begin_copy(text)) {
    return false;
  }
  session_->flush(heard);
  run_until([&] { return heard.copies.size() > copies || heard.results.size() > results || !heard.losses.empty(); });
  return heard.copies.size() > copies;
}

bool driven_session::put(std::string_view data) {
  const bool taken = session_->copy_put(std::as_bytes(std::span{data}));
  if (taken && !session_->flush(heard)) {
    run_until([&] { return !session_->interest().write; }, std::chrono::seconds{60});
  }
  return taken;
}

wire_result driven_session::end_copy(const std::optional<std::string>& fail_because) {
  wire_result none;
  none.what = wire_result::kind::aborted;
  none.error.message = "no answer came";
  session_->copy_end(fail_because); // Not taken when the server has refused the data already: its answer is on the way.
  return await_results(copy_result_ + 1) ? heard.results[copy_result_] : none;
}

wire_result driven_session::run(const std::string& sql, const std::vector<parameter>& parameters,
                                result_format format) {
  const auto first = heard.results.size();
  session_->execute(sql, parameters, format);
  session_->sync();
  wire_result none;
  none.what = wire_result::kind::aborted;
  none.error.message = "no answer came";
  return await_results(first + 2) ? heard.results[first] : none;
}

std::string driven_session::value(const std::string& sql, const std::vector<parameter>& parameters) {
  const auto answer = run(sql, parameters);
  if (answer.rows.empty() || answer.rows.columns() == 0) {
    return answer.error.message;
  }
  return std::string{answer.rows.raw(0, 0).value_or("")};
}

} // namespace tripool::test
