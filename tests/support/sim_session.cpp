// Dialling, sending and delivering on simulated servers.
#include "tests/support/sim_session.hpp"

#include <cassert>

namespace tripool::test {

namespace {

class sim_canceller final : public canceller {
public:
  sim_canceller(std::weak_ptr<sim_backend> target, sim_server* home) : target_(std::move(target)), home_(home) {
    // nop
  }

  std::optional<std::string> cancel() override {
    if (!home_ || home_->dials().unreachable) return "connection refused";
    if (home_->hung() || home_->dials().silent) return "timeout expired";
    if (auto x = target_.lock()) x->cancel();
    return std::nullopt;
  }

private:
  std::weak_ptr<sim_backend> target_;
  sim_server* home_;
};

} // namespace

sim_server* sim_network::find(const std::string& host, std::uint16_t port) const {
  const auto i = servers_.find({host, port});
  return i == servers_.end() ? nullptr : i->second;
}

sim_session::sim_session(sim_server* home, const dial_target& to, const credential& with, std::function<void()> wake)
  : home_(home), link_(std::make_shared<sim_link>(std::move(wake))), host_(to.host), port_(to.port) {
  if (with.has_password) password_ = with.password.reveal();
  if (home_) home_->dial_began();
  link_->wake();
}

sim_session::~sim_session() {
  link_->close();
  if (backend_) backend_->run(); // It runs what has arrived, then finds its client gone.
}

void sim_session::on_ready(bool, bool, session_sink& sink) {
  if (phase_ == phase::dialling) dial_on(sink);
  if (phase_ == phase::open) deliver(sink);
}

void sim_session::dial_on(session_sink& sink) {
  if (!home_) {
    phase_ = phase::lost;
    return sink.on_lost({session_loss::phase::dialling, {}, "no route to host", false});
  }
  auto answer = home_->admit(link_, password_ ? &*password_ : nullptr);
  if (answer.waiting) return;
  password_.reset();
  if (!answer.backend) {
    phase_ = phase::lost;
    return sink.on_lost(std::move(answer.refused));
  }
  phase_ = phase::open;
  backend_ = std::move(answer.backend);
  server_info info;
  info.host = host_;
  info.port = port_;
  info.address = host_ + ":" + std::to_string(port_);
  info.version = 150000;
  info.backend_pid = backend_->pid();
  info.in_hot_standby = home_->in_recovery();
  info.read_only = home_->read_only();
  sink.on_open(info);
}

void sim_session::deliver(session_sink& sink) {
  if (delivering_) return;
  delivering_ = true;
  while (phase_ == phase::open) {
    if (copy_paused_ && link_->copy_data_next()) break;
    auto x = link_->next();
    if (!x) break;
    deliver_one(std::move(*x), sink);
  }
  delivering_ = false;
}

void sim_session::deliver_one(sim_reply&& x, session_sink& sink) {
  switch (x.what) {
    case sim_reply::kind::result:
      copying_ = false;
      taking_ = false;
      return sink.on_result(std::move(x.result));
    case sim_reply::kind::copy_start:
      taking_ = x.copy.direction == copy_direction::in;
      return sink.on_copy_start(x.copy);
    case sim_reply::kind::copy_data: return sink.on_copy_data(std::as_bytes(std::span{x.value}));
    case sim_reply::kind::notice: return sink.on_notice(std::move(x.notice));
    case sim_reply::kind::parameter: return sink.on_parameter(x.name, x.value);
    case sim_reply::kind::notification: return sink.on_notification(x.name, x.value, x.pid);
    case sim_reply::kind::loss:
      phase_ = phase::lost;
      backend_->run(); // It may only now find its client gone.
      return sink.on_lost(std::move(x.loss));
  }
}

bool sim_session::send(sim_message x) {
  return phase_ == phase::open && !copying_ && link_->send(std::move(x));
}

bool sim_session::prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t>) {
  return send({sim_message::kind::prepare, name, text, {}, {}});
}

bool sim_session::execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format) {
  return send({sim_message::kind::execute_prepared, name, {}, {parameters.begin(), parameters.end()}, {}});
}

bool sim_session::execute(const std::string& text, std::span<const parameter> parameters, result_format) {
  return send({sim_message::kind::execute, {}, text, {parameters.begin(), parameters.end()}, {}});
}

bool sim_session::close_prepared(const std::string& name) {
  return send({sim_message::kind::close, name, {}, {}, {}});
}

bool sim_session::sync() {
  return send({sim_message::kind::sync, {}, {}, {}, {}});
}

bool sim_session::begin_copy(const std::string& text) {
  if (!send({sim_message::kind::copy, {}, text, {}, {}})) return false;
  copying_ = true;
  copy_paused_ = false;
  return true;
}

bool sim_session::copy_put(std::span<const std::byte> piece) {
  std::string data{reinterpret_cast<const char*>(piece.data()), piece.size()};
  return phase_ == phase::open && taking_ && link_->send({sim_message::kind::copy_data, {}, std::move(data), {}, {}});
}

bool sim_session::copy_end(const std::optional<std::string>& fail_because) {
  if (phase_ != phase::open || !taking_) return false;
  taking_ = false;
  return link_->send({sim_message::kind::copy_end, {}, {}, {}, fail_because});
}

void sim_session::resume_copy(session_sink& sink) {
  copy_paused_ = false;
  deliver(sink);
}

bool sim_session::flush(session_sink&) {
  if (phase_ != phase::open) return true;
  const bool all = link_->flush();
  backend_->run();
  return all;
}

std::unique_ptr<canceller> sim_session::make_canceller() {
  return std::make_unique<sim_canceller>(backend_, home_);
}

std::unique_ptr<session> sim_session_factory::dial(const dial_target& to, const credential& with,
                                                   std::function<void()> wake) {
  return std::make_unique<sim_session>(net_.find(to.host, to.port), to, with, std::move(wake));
}

} // namespace tripool::test
