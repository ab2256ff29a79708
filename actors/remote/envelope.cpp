// Messages into bytes and back.
#include "tripool/actors/remote/envelope.hpp"

#include "tripool/actors/remote/wire_status.hpp"

#include <utility>

namespace tripool {

namespace {

template <class T>
std::string encode_any(const T& x, time_point now = {}) {
  wire_writer w{now};
  w(x);
  return w.take();
}

/// A call comes from a stranger, and before it is counted. Its largest lists, of parameters, take some three times what
/// they take on the wire; 65,535 NULLs fit the reader's room.
constexpr std::uint64_t call_growth = 16;

template <class T>
expected<T, failure> decode_any(std::string_view from, const char* what, time_point now = {},
                                std::uint64_t growth = 64) {
  T out{};
  wire_reader r{from, now, growth};
  r(out);
  if (r.complete()) return out;
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "08P01";
  f.message = std::string{"what came from another node is no "} + what + ": " + std::to_string(from.size())
              + " bytes that cannot be read";
  f.hint = "run the same version of Tripool on both sides";
  return unexpected{std::move(f)};
}

} // namespace

std::string encode_call(const remote_call_body& x) {
  return encode_any(x);
}
std::string encode_answer(const remote_answer_body& x, time_point now) {
  return encode_any(x, now);
}
std::string encode(const failure& x) {
  return encode_any(x);
}
std::string encode(const notification& x) {
  return encode_any(x);
}
std::string encode(const notification_gap& x) {
  return encode_any(x);
}

std::string encode(const remote_event_body& x, time_point now) {
  return encode_any(x, now);
}

expected<remote_call_body, failure> decode_call(std::string_view from) {
  return decode_any<remote_call_body>(from, "call", {}, call_growth);
}
expected<remote_answer_body, failure> decode_answer(std::string_view from, time_point now) {
  return decode_any<remote_answer_body>(from, "answer", now);
}
expected<failure, failure> decode_failure(std::string_view from) {
  return decode_any<failure>(from, "failure");
}
expected<notification, failure> decode_notification(std::string_view from) {
  return decode_any<notification>(from, "notification");
}
expected<notification_gap, failure> decode_gap(std::string_view from) {
  return decode_any<notification_gap>(from, "gap");
}
expected<remote_event_body, failure> decode_event(std::string_view from, time_point now) {
  return decode_any<remote_event_body>(from, "event", now);
}

void add_remote_types(caf::actor_system_config& cfg) {
  cfg.add_message_type<remote_envelope>("tripool.remote_envelope");
}

} // namespace tripool
