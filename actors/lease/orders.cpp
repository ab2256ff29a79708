// From messages to orders.
#include "tripool/actors/lease/orders.hpp"

#include <utility>

namespace tripool {

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

} // namespace tripool
