// From messages to orders.
#include "tripool/actors/lease/orders.hpp"

#include "tripool/core/copy/copy_text.hpp"

#include <utility>

namespace tripool {

namespace {

expected<session_order, failure> copy_order(const std::string& text, copy_direction direction, session_order out) {
  auto found = read_copy_text(text);
  if (!found) return unexpected{std::move(found).error()};
  if (*found != direction) {
    failure f;
    f.kind = outcome::rejected;
    f.why = cause::invalid_request;
    f.sqlstate = "42601";
    f.message = "the COPY goes the other way";
    f.hint = "Send COPY ... FROM STDIN as copy_in, and COPY ... TO STDOUT as copy_out.";
    return unexpected{std::move(f)};
  }
  statement s;
  s.text = text;
  out.opening.push_back(std::move(s));
  return out;
}

} // namespace

expected<session_order, failure> order_of(const copy_in& x) {
  session_order out;
  out.what = session_purpose::copy_in;
  out.timeout = x.timeout;
  out.pool = x.pool;
  return copy_order(x.text, copy_direction::in, std::move(out));
}

expected<session_order, failure> order_of(const copy_out& x) {
  session_order out;
  out.what = session_purpose::copy_out;
  out.mode = x.mode;
  out.timeout = x.timeout;
  out.pool = x.pool;
  return copy_order(x.text, copy_direction::out, std::move(out));
}

session_order order_of(const acquire& x) {
  session_order out;
  out.what = session_purpose::lease;
  out.mode = x.mode;
  out.timeout = x.timeout;
  out.hold_max = x.hold_max;
  out.pool = x.pool;
  return out;
}

transaction_options options_of(const begin& x) {
  return {x.level, x.read_only, x.deferrable};
}

session_order order_of(const begin& x) {
  session_order out;
  out.what = session_purpose::transaction;
  out.mode = x.read_only && x.level != isolation::serializable ? access::read : access::write;
  out.timeout = x.timeout;
  out.hold_max = x.hold_max;
  out.pool = x.pool;
  out.transaction = options_of(x);
  statement s;
  s.text = begin_text(out.transaction);
  out.opening.push_back(std::move(s));
  return out;
}

statement command_of(std::string text, std::chrono::milliseconds timeout) {
  statement s;
  s.text = std::move(text);
  s.timeout = timeout;
  return s;
}

} // namespace tripool
