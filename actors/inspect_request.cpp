// Taking requests and failures apart for the wire, putting them together again, and naming them to actor systems.
#include "tripool/actors/inspect_request.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/core/statement/shared_part.hpp"

#include <caf/atom.hpp>

#include <bit>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace tripool {

namespace {

/// The kinds of parameters on the wire.
enum class wire_kind : std::uint8_t { null, boolean, integer, real, text, raw, binary, typed_null, faulty };

enum flag : std::uint32_t {
  reads = 1U << 0U,
  repeatable = 1U << 1U,
  binary_format = 1U << 2U,
  cancel_with_caller = 1U << 3U,
  resolve = 1U << 4U,
  report_position = 1U << 5U,
  high_priority = 1U << 6U,
  low_priority = 1U << 7U,
  all_flags = (1U << 8U) - 1,
};

std::string text_of(const bytes& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

bytes bytes_of(std::string_view x) {
  const auto* first = reinterpret_cast<const std::byte*>(x.data());
  return {first, first + x.size()};
}

/// Any position, also one that is none: whether it can be asked for, the delegate says.
std::string text_of(const wal_position& x) {
  return std::to_string(x.timeline) + ' ' + std::to_string(x.lsn);
}

std::optional<wal_position> read_position(std::string_view text) {
  wal_position out;
  const auto* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, out.timeline);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ' ') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, out.lsn);
  if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
  return out;
}

void take(statement_parts& p, wire_kind kind, std::int64_t number, std::string value, std::string type_name) {
  p.kinds.push_back(static_cast<std::uint8_t>(kind));
  p.numbers.push_back(number);
  p.values.push_back(std::move(value));
  p.type_names.push_back(std::move(type_name));
}

struct taker {
  statement_parts& p;
  void operator()(null_value) const { take(p, wire_kind::null, 0, {}, {}); }
  void operator()(bool x) const { take(p, wire_kind::boolean, x ? 1 : 0, {}, {}); }
  void operator()(std::int64_t x) const { take(p, wire_kind::integer, x, {}, {}); }
  void operator()(double x) const { take(p, wire_kind::real, std::bit_cast<std::int64_t>(x), {}, {}); }
  void operator()(const std::string& x) const { take(p, wire_kind::text, 0, x, {}); }
  void operator()(const bytes& x) const { take(p, wire_kind::raw, 0, text_of(x), {}); }
  void operator()(const encoded_parameter& x) const {
    if (x.fault) return take(p, wire_kind::faulty, x.type, x.fault->sqlstate, x.fault->message);
    if (!x.data) return take(p, wire_kind::typed_null, x.type, {}, x.type_name);
    take(p, wire_kind::binary, x.type, text_of(*x.data), x.type_name);
  }
};

std::optional<parameter> put_parameter(wire_kind kind, std::int64_t number, std::string value, std::string type_name) {
  const auto encoded = [&](std::optional<bytes> data) -> std::optional<parameter> {
    if (!std::in_range<std::uint32_t>(number)) return std::nullopt;
    return encoded_parameter{static_cast<std::uint32_t>(number), std::move(type_name), std::move(data), nullptr};
  };
  switch (kind) {
    case wire_kind::null: return parameter{};
    case wire_kind::boolean: return parameter{number != 0};
    case wire_kind::integer: return parameter{number};
    case wire_kind::real: return parameter{std::bit_cast<double>(number)};
    case wire_kind::text: return parameter{std::move(value)};
    case wire_kind::raw: return parameter{bytes_of(value)};
    case wire_kind::binary: return encoded(bytes_of(value));
    case wire_kind::typed_null: return encoded(std::nullopt);
    case wire_kind::faulty: {
      if (!std::in_range<std::uint32_t>(number)) return std::nullopt;
      auto fault = std::make_shared<const encode_fault>(encode_fault{std::move(value), std::move(type_name)});
      return encoded_parameter{static_cast<std::uint32_t>(number), {}, bytes{}, std::move(fault)};
    }
  }
  return std::nullopt;
}

} // namespace

statement_parts take_apart(const statement& x) {
  statement_parts p;
  p.text = x.text;
  for (const auto& a : x.parameters) std::visit(taker{p}, a.value());
  const auto set = [&](bool on, flag which) { p.flags |= on ? which : 0U; };
  set(x.mode == access::read, reads);
  set(x.repeatable, repeatable);
  set(x.format == result_format::binary, binary_format);
  set(x.cancel_with_caller, cancel_with_caller);
  set(x.resolve, resolve);
  set(x.report_position, report_position);
  set(x.priority == urgency::high, high_priority);
  set(x.priority == urgency::low, low_priority);
  p.timeout_ms = x.timeout.count();
  p.cancel_key = x.cancel_key;
  p.texts = {x.pool, x.name, x.traceparent, x.token, x.at_least ? text_of(*x.at_least) : ""};
  return p;
}

bool put_together(statement_parts p, statement& out) {
  const auto count = p.kinds.size();
  if (p.numbers.size() != count || p.values.size() != count || p.type_names.size() != count) return false;
  if (p.texts.size() != 5 || (p.flags & ~std::uint32_t{all_flags}) != 0) return false;
  out = {};
  for (std::size_t i = 0; i < count; ++i) {
    auto x = put_parameter(static_cast<wire_kind>(p.kinds[i]), p.numbers[i], std::move(p.values[i]),
                           std::move(p.type_names[i]));
    if (!x) return false;
    out.parameters.push_back(std::move(*x));
  }
  if (!p.texts[4].empty()) {
    out.at_least = read_position(p.texts[4]);
    if (!out.at_least) return false;
  }
  const auto has = [&](flag which) { return (p.flags & which) != 0; };
  out.text = std::move(p.text);
  out.mode = has(reads) ? access::read : access::write;
  out.repeatable = has(repeatable);
  out.format = has(binary_format) ? result_format::binary : result_format::text;
  out.cancel_with_caller = has(cancel_with_caller);
  out.resolve = has(resolve);
  out.report_position = has(report_position);
  if (has(high_priority) && has(low_priority)) return false;
  if (has(high_priority)) out.priority = urgency::high;
  if (has(low_priority)) out.priority = urgency::low;
  out.timeout = std::chrono::milliseconds{p.timeout_ms};
  out.cancel_key = p.cancel_key;
  out.pool = std::move(p.texts[0]);
  out.name = std::move(p.texts[1]);
  out.traceparent = std::move(p.texts[2]);
  out.token = std::move(p.texts[3]);
  return true;
}

std::string shape_of(const statement& x) {
  auto out = x.name.empty() ? "text(" + std::to_string(x.text.size()) + " bytes)" : x.name;
  for (std::size_t i = 0; i < x.parameters.size() && i < 10; ++i)
    out += (i == 0 ? ", " : " ") + shape_of(x.parameters[i]);
  if (x.parameters.size() > 10) out += " and " + std::to_string(x.parameters.size() - 10) + " more";
  return out;
}

statement shared_part(const batch& x) {
  statement out;
  take_shared_part(x, out);
  return out;
}

void use_shared_part(statement x, batch& out) {
  take_shared_part(std::move(x), out);
}

failure_parts take_apart(const failure& x) {
  return {{static_cast<std::uint8_t>(x.kind), static_cast<std::uint8_t>(x.why), static_cast<std::uint8_t>(x.proved)},
          {x.sqlstate, x.message, x.detail, x.hint, x.pool, x.server, x.name, x.token},
          x.attempts,
          x.spent.count(),
          x.request};
}

bool put_together(failure_parts p, failure& out) {
  if (p.numbers.size() != 3 || p.texts.size() != 8) return false;
  if (p.numbers[0] < static_cast<std::uint8_t>(outcome::not_executed)
      || p.numbers[0] > static_cast<std::uint8_t>(outcome::in_doubt)
      || p.numbers[1] > static_cast<std::uint8_t>(last_cause) || p.numbers[2] > static_cast<std::uint8_t>(proof::token))
    return false;
  out.kind = static_cast<outcome>(p.numbers[0]);
  out.why = static_cast<cause>(p.numbers[1]);
  out.proved = static_cast<proof>(p.numbers[2]);
  std::string* const texts[] = {&out.sqlstate, &out.message, &out.detail, &out.hint,
                                &out.pool,     &out.server,  &out.name,   &out.token};
  for (std::size_t i = 0; i < p.texts.size(); ++i) *texts[i] = std::move(p.texts[i]);
  out.attempts = p.attempts;
  out.spent = std::chrono::nanoseconds{p.spent_ns};
  out.request = p.request;
  return true;
}

void add_remote_messages(caf::actor_system_config& to) {
  to.add_message_type<statement>("tripool.statement")
    .add_message_type<batch>("tripool.batch")
    .add_message_type<statement_list>("tripool.statement_list")
    .add_message_type<result>("tripool.result")
    .add_message_type<reply>("tripool.reply")
    .add_message_type<list_reply>("tripool.list_reply")
    .add_message_type<failure>("tripool.failure")
    .add_message_type<cancel_request>("tripool.cancel_request")
    .add_message_type<cancel_reply>("tripool.cancel_reply")
    .add_message_type<subscribe>("tripool.subscribe")
    .add_message_type<subscribed>("tripool.subscribed")
    .add_message_type<unsubscribe>("tripool.unsubscribe")
    .add_message_type<unsubscribed>("tripool.unsubscribed")
    .add_message_type<notification>("tripool.notification")
    .add_message_type<notification_gap>("tripool.notification_gap")
    .add_error_category(caf::atom("tripool"), render_error);
}

} // namespace tripool
