// Handing operations to libpq. Each that libpq took stands in the queue of expected results from then on.
#include "tripool/core/postgres/detail/libpq_session.hpp"

#include <cassert>
#include <type_traits>

namespace tripool::postgres {

namespace {

int wire_format(result_format f) noexcept {
  return f == result_format::binary ? 1 : 0;
}

} // namespace

bool libpq_session::sent(int accepted, operation x) {
  if (accepted) {
    expected_.push_back(x);
    return true;
  }
  fail(one_line(PQerrorMessage(conn_.get())));
  if (wake_) {
    wake_();
  }
  return false;
}

bool libpq_session::prepare(const std::string& name, const std::string& text, std::span<const std::uint32_t> types) {
  if (!can_send()) {
    return false;
  }
  controls_.prepared(name, text);
  static_assert(std::is_same_v<Oid, std::uint32_t>);
  const int accepted =
    PQsendPrepare(conn_.get(), name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data());
  return sent(accepted, {operation::kind::prepare});
}

bool libpq_session::execute_prepared(const std::string& name, std::span<const parameter> parameters, result_format f) {
  if (!can_send()) {
    return false;
  }
  parameters_.encode(parameters, types().get());
  const auto& p = parameters_;
  const int accepted =
    PQsendQueryPrepared(conn_.get(), name.c_str(), p.count(), p.values(), p.lengths(), p.formats(), wire_format(f));
  return sent(accepted, {operation::kind::run, controls_.find(name)});
}

bool libpq_session::execute(const std::string& text, std::span<const parameter> parameters, result_format f) {
  if (!can_send()) {
    return false;
  }
  parameters_.encode(parameters, types().get());
  const auto& p = parameters_;
  const int accepted = PQsendQueryParams(conn_.get(), text.c_str(), p.count(), p.types(), p.values(), p.lengths(),
                                         p.formats(), wire_format(f));
  return sent(accepted, {operation::kind::run, control_of(text)});
}

bool libpq_session::close_prepared(const std::string& name) {
  if (!can_send()) {
    return false;
  }
  controls_.closed(name);
#ifdef LIBPQ_HAS_CLOSE_PREPARED
  const int accepted = PQsendClosePrepared(conn_.get(), name.c_str());
#else
  assert(name.size() < 64); // a longer identifier would be cut short in SQL, though not in the protocol
  std::string sql = "DEALLOCATE \"";
  for (const char c : name) {
    sql.append(c == '"' ? 2 : 1, c);
  }
  sql += '"';
  const int accepted = PQsendQueryParams(conn_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
#endif
  return sent(accepted, {operation::kind::close});
}

bool libpq_session::sync() {
  if (!can_send()) {
    return false;
  }
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
  const int accepted = PQsendPipelineSync(conn_.get());
#else
  // This one sends by itself. A lone statement leaves at once; from the second on they leave together.
  if (++syncs_unflushed_ == 2) {
    cork_.set();
  }
  const int accepted = PQpipelineSync(conn_.get());
#endif
  return sent(accepted, {operation::kind::sync});
}

bool libpq_session::flush(session_sink& sink) {
  if (phase_ == phase::losing) {
    report_loss(sink);
  }
  if (phase_ != phase::open) {
    return true;
  }
  write_out();
  // libpq reads while it cannot write, and the socket need not become readable again for what it read.
  settle(sink);
  return !interest_.write;
}

} // namespace tripool::postgres
