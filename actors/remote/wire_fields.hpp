// The members of every message that travels, named once for writing and reading.
// Used by envelope.cpp only.
#pragma once

#include "tripool/actors/inspect.hpp"
#include "tripool/actors/remote/envelope.hpp"
#include "tripool/core/remote/wire.hpp"
#include "tripool/core/result/aggregate.hpp"

namespace tripool {

template <class W>
void wire_fields(W&, null_value&) {}
template <class W>
void wire_fields(W&, remote_done&) {}
template <class W>
void wire_fields(W&, create_tokens&) {}
template <class W>
void wire_fields(W&, release&) {}
template <class W>
void wire_fields(W&, close_stream&) {}
template <class W>
void wire_fields(W&, close_copy&) {}

template <class W>
void wire_fields(W& w, encode_fault& x) {
  w(x.sqlstate, x.message);
}
template <class W>
void wire_fields(W& w, encoded_parameter& x) {
  auto fault = x.fault ? std::optional{*x.fault} : std::nullopt;
  w(x.type, x.type_name, x.data, fault);
  x.fault = fault ? std::make_shared<const encode_fault>(std::move(*fault)) : nullptr;
}
template <class W>
void wire_fields(W& w, parameter& x) {
  w(x.value());
}
template <class W>
void wire_fields(W& w, wal_position& x) {
  w(x.timeline, x.lsn);
}
template <class W>
void wire_fields(W& w, statement& x) {
  static_assert(detail::member_count<statement>() == 16,
                "a new member travels, too, or is named here: the callers' own");
  w(x.text, x.parameters, x.mode, x.repeatable, x.format, x.timeout, x.pool, x.name, x.traceparent, x.cancel_key,
    x.token, x.resolve, x.report_position, x.at_least, x.priority); // cancel_with_caller is its proxy's business.
  enum_below(w, x.mode, access::write);
  enum_below(w, x.format, result_format::binary);
  enum_below(w, x.priority, urgency::high);
}
template <class W>
void wire_fields(W& w, batch& x) {
  static_assert(detail::member_count<batch>() == 14);
  w(x.statements, x.mode, x.repeatable, x.timeout, x.pool, x.name, x.traceparent, x.cancel_key, x.token, x.resolve,
    x.report_position, x.at_least, x.priority);
  enum_below(w, x.mode, access::write);
  enum_below(w, x.priority, urgency::high);
}
template <class W>
void wire_fields(W& w, statement_list& x) {
  w(x.statements);
}
template <class W>
void wire_fields(W& w, acquire& x) {
  w(x.mode, x.timeout, x.hold_max, x.pool);
  enum_below(w, x.mode, access::write);
}
template <class W>
void wire_fields(W& w, begin& x) {
  w(x.level, x.read_only, x.deferrable, x.timeout, x.hold_max, x.pool);
  enum_below(w, x.level, isolation::serializable);
}
template <class W>
void wire_fields(W& w, open_stream& x) {
  w(x.what, x.hold_max);
}
template <class W>
void wire_fields(W& w, copy_in& x) {
  w(x.text, x.timeout, x.pool);
}
template <class W>
void wire_fields(W& w, copy_out& x) {
  w(x.text, x.mode, x.timeout, x.pool);
  enum_below(w, x.mode, access::write);
}
template <class W>
void wire_fields(W& w, clean_tokens& x) {
  w(x.age, x.rows_max);
}
template <class W>
void wire_fields(W& w, withdraw_token& x) {
  w(x.token);
}
template <class W>
void wire_fields(W& w, subscribe& x) {
  w(x.channels, x.timeout);
}
template <class W>
void wire_fields(W& w, unsubscribe& x) {
  w(x.channels);
}
template <class W>
void wire_fields(W& w, commit& x) {
  w(x.timeout);
}
template <class W>
void wire_fields(W& w, rollback& x) {
  w(x.timeout);
}
template <class W>
void wire_fields(W& w, savepoint& x) {
  w(x.name);
}
template <class W>
void wire_fields(W& w, rollback_to& x) {
  w(x.name);
}
template <class W>
void wire_fields(W& w, release_savepoint& x) {
  w(x.name);
}
template <class W>
void wire_fields(W& w, fetch& x) {
  w(x.rows, x.timeout);
}
template <class W>
void wire_fields(W& w, copy_chunk& x) {
  w(x.data, x.timeout);
}
template <class W>
void wire_fields(W& w, copy_end& x) {
  w(x.timeout);
}
template <class W>
void wire_fields(W& w, copy_fail& x) {
  w(x.reason);
}
template <class W>
void wire_fields(W& w, next_chunk& x) {
  w(x.timeout);
}

template <class W>
void wire_fields(W& w, failure& x) {
  w(x.kind, x.why, x.sqlstate, x.message, x.detail, x.hint, x.pool, x.server, x.name, x.attempts, x.spent, x.proved,
    x.token, x.request);
  enum_below(w, x.kind, outcome::in_doubt);
  enum_below(w, x.why, last_cause);
  enum_below(w, x.proved, proof::token);
}
template <class W>
void wire_fields(W& w, result& x) {
  result_parts p;
  if constexpr (!W::reads) p = take_apart(x);
  w(p.tag, p.names, p.types, p.formats, p.rows, p.lengths, p.data, p.receipt, p.notices);
  if constexpr (W::reads) {
    if (w.ok() && !put_together(p, x)) w.refuse();
  }
}
template <class W>
void wire_fields(W& w, reply& x) {
  w(x.results);
}
/// One end of a list: a variant on the way.
template <class W>
void wire_fields(W& w, list_reply& x) {
  std::vector<std::variant<failure, result>> ends;
  if constexpr (!W::reads) {
    for (const auto& e : x.ends) {
      if (e) {
        ends.emplace_back(*e);
      } else {
        ends.emplace_back(e.error());
      }
    }
  }
  w(ends);
  if constexpr (W::reads) {
    for (auto& e : ends) {
      if (auto* r = std::get_if<result>(&e)) {
        x.ends.emplace_back(std::move(*r));
      } else {
        x.ends.emplace_back(unexpected{std::move(std::get<failure>(e))});
      }
    }
  }
}
template <class W>
void wire_fields(W& w, remote_session_info& x) {
  w(x.session, x.pool, x.server, x.backend_pid, x.format, x.columns);
  enum_below(w, x.format, result_format::binary);
}
template <class W>
void wire_fields(W& w, rows_chunk& x) {
  w(x.rows, x.last);
}
template <class W>
void wire_fields(W& w, copy_data& x) {
  w(x.data, x.last);
}
template <class W>
void wire_fields(W& w, subscribed& x) {
  w(x.channels);
}
template <class W>
void wire_fields(W& w, unsubscribed& x) {
  w(x.channels);
}
template <class W>
void wire_fields(W& w, notification& x) {
  w(x.channel, x.payload, x.backend_pid);
}
template <class W>
void wire_fields(W& w, notification_gap& x) {
  w(x.channels, x.why, x.over, x.lasted);
}

} // namespace tripool
