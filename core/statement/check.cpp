// The refusals, each with the SQLSTATE that PostgreSQL itself would give, or the nearest one, and what to do instead.
#include "tripool/core/statement/check.hpp"

#include "tripool/core/outcome/refusal.hpp"
#include "tripool/core/statement/labels.hpp"
#include "tripool/core/statement/token.hpp"
#include "tripool/core/util/utf8.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tripool {

namespace {

using refusal = std::optional<failure>;

/// What a statement is checked against: its own declarations, or those of its batch.
struct context {
  access mode = access::write;
  bool in_batch = false;
  scope on = scope::shared;
};

std::string name_of(keyword x) {
  return std::string{to_string(x)};
}

failure refuse_text(const std::string& where, text_fault fault) {
  const auto at = std::to_string(fault.at);
  if (fault.nul) {
    return refuse("22021", where + " holds a NUL byte at offset " + at + ", which PostgreSQL cannot store in text",
                  "Send binary data as bytes for a bytea.");
  }
  return refuse("22021", where + " is not valid UTF-8 at offset " + at,
                "Convert the text to UTF-8, or send it as bytes for a bytea.");
}

refusal check_timeout(std::chrono::milliseconds timeout) {
  if (timeout >= std::chrono::milliseconds{0}) return std::nullopt;
  return refuse("22023", "the timeout is negative: " + std::to_string(timeout.count()) + " ms",
                "Give a positive timeout, or 0 for the configured default.");
}

refusal check_text(std::string_view text) {
  if (text.size() > message_bytes_max) {
    return refuse("54000",
                  "the text has " + std::to_string(text.size()) + " bytes, more than the "
                    + std::to_string(message_bytes_max) + " that fit one message",
                  "Pass values as parameters, or split the statement.");
  }
  if (const auto fault = find_text_fault(text)) return refuse_text("the text", *fault);
  return std::nullopt;
}

failure refuse_value(std::size_t at, const parameter& x, const encode_fault& fault) {
  return refuse(fault.sqlstate, "parameter $" + std::to_string(at + 1) + ", " + shape_of(x) + ", " + fault.message,
                "The value cannot be represented in that type: change it, or send it as another type.");
}

refusal check_parameters(const std::vector<parameter>& parameters) {
  if (parameters.size() > parameters_max) {
    return refuse("54000",
                  std::to_string(parameters.size()) + " parameters were given, and a statement can have at most "
                    + std::to_string(parameters_max),
                  "Pass long lists as one array, or split the statement.");
  }
  std::size_t bytes_total = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& value = parameters[i].value();
    if (const auto* text = std::get_if<std::string>(&value)) {
      bytes_total += text->size();
      if (const auto fault = find_text_fault(*text)) return refuse_text("parameter $" + std::to_string(i + 1), *fault);
    } else if (const auto* raw = std::get_if<bytes>(&value)) {
      bytes_total += raw->size();
    } else if (const auto* encoded = std::get_if<encoded_parameter>(&value)) {
      if (encoded->fault) return refuse_value(i, parameters[i], *encoded->fault);
      if (encoded->data) bytes_total += encoded->data->size();
    }
  }
  if (bytes_total > message_bytes_max) {
    return refuse("54000",
                  "the parameters have " + std::to_string(bytes_total) + " bytes together, more than the "
                    + std::to_string(message_bytes_max) + " that fit one message",
                  "Split the statement, or store large values in pieces.");
  }
  return std::nullopt;
}

refusal check_count(const statement& x, const statement_traits& traits) {
  // A text that does not end is the server's to explain; what would be its parameters is unknown.
  if (traits.unterminated || x.parameters.size() == traits.parameters) return std::nullopt;
  if (traits.parameters > parameters_max) {
    return refuse("54000",
                  "the text refers to $" + std::to_string(traits.parameters) + ", and a statement can have at most "
                    + std::to_string(parameters_max) + " parameters",
                  "Pass long lists as one array, or split the statement.");
  }
  const auto wanted = std::to_string(traits.parameters);
  const auto given = std::to_string(x.parameters.size());
  return refuse("08P01",
                "the text asks for " + wanted + (traits.parameters == 1 ? " parameter" : " parameters") + ", and "
                  + given + (x.parameters.size() == 1 ? " was given" : " were given"),
                traits.parameters == 0
                  ? "A $1 inside a literal, a quoted name, a comment or a function's body is no parameter."
                  : "The highest $n of the text is the number of its parameters.");
}

refusal check_shape(const statement_traits& traits) {
  if (traits.statements == 0 && !traits.unterminated)
    return refuse("42601", "the text holds no statement", "Send one SQL statement.");
  if (traits.statements > 1) {
    return refuse("42601",
                  "the text holds several statements: the second begins at offset " + std::to_string(traits.second_at),
                  "Send them as a batch: it runs as one atomic transaction in one round trip.");
  }
  return std::nullopt;
}

std::string session_hint(keyword command) {
  switch (command) {
    case keyword::set_:
      return "Put SET LOCAL and the statements that need it into one batch, or set it for good with ALTER ROLE ... SET "
             "or ALTER DATABASE ... SET.";
    case keyword::prepare_:
    case keyword::execute_:
    case keyword::deallocate_: return "Send the statement itself with its parameters: Tripool prepares and caches it.";
    case keyword::listen_:
    case keyword::unlisten_: return "Send the delegate a subscribe message: it listens for you.";
    case keyword::declare_: return "Declare the cursor without HOLD, and fetch from it in the same batch.";
    case keyword::load_: return "Set session_preload_libraries on the server.";
    default: return "No caller can change the session, so that there is nothing to reset.";
  }
}

/// On a session of its own: what would break the session's bookkeeping, or outlive a transaction that is not reset.
refusal check_borrowed(const statement_traits& traits, context where) {
  const auto command = name_of(traits.command);
  const bool lease = where.on == scope::lease;
  switch (traits.kind) {
    case statement_kind::ordinary:
    case statement_kind::transaction_state: return std::nullopt;
    case statement_kind::copy:
      return refuse("0A000", "COPY is refused as a statement: its data would have nowhere to go",
                    "Use the messages copy_in and copy_out.");
    case statement_kind::transaction_control:
      if (lease && !where.in_batch) return std::nullopt;
      if (where.in_batch)
        return refuse("0A000", command + " is refused inside a batch, which is all or nothing",
                      "Send it between two batches.");
      return refuse("0A000", command + " is refused as a text: Tripool must know how the transaction stands",
                    "Send the handle a message instead: commit, rollback, savepoint, rollback_to, release_savepoint.");
    case statement_kind::finish_prepared:
      if (lease && !where.in_batch) return std::nullopt;
      return refuse("25001", command + " PREPARED cannot run inside a transaction",
                    "Send it as a statement of its own.");
    case statement_kind::session_state:
    case statement_kind::temporary_object:
      if (lease) return std::nullopt;
      return refuse(
        "0A000", command + " is refused: it would stay on the connection after the transaction, and reach others",
        "Acquire a lease for session work, which is reset afterwards; SET LOCAL and ON COMMIT DROP end with "
        "the transaction.");
  }
  return std::nullopt;
}

refusal check_kind(const statement_traits& traits, context where) {
  if (traits.kind == statement_kind::ordinary) return std::nullopt;
  if (where.on != scope::shared) return check_borrowed(traits, where);
  const auto command = name_of(traits.command);
  switch (traits.kind) {
    case statement_kind::ordinary: break;
    case statement_kind::transaction_control:
      return refuse("0A000",
                    command
                      + (where.in_batch
                           ? " is refused: the batch is a transaction of its own"
                           : " is refused: the connection is shared, and each statement is its own transaction"),
                    "Put the statements into one batch: all of them are committed, or none.");
    case statement_kind::finish_prepared:
      if (!where.in_batch) return std::nullopt;
      return refuse("25001", command + " PREPARED cannot run inside a transaction",
                    "Send it as a statement of its own.");
    case statement_kind::transaction_state:
      if (where.in_batch) return std::nullopt;
      return refuse("25P01", command + " has no effect here: it ends with its transaction, which is this one statement",
                    "Put it into one batch with the statements that need it.");
    case statement_kind::session_state:
      return refuse("0A000", command + " is refused: the connection is shared, and what it changes would reach others",
                    session_hint(traits.command));
    case statement_kind::temporary_object:
      return refuse(
        "0A000", "a temporary object is refused: the connection is shared, and others would find it in place of theirs",
        "Create a temporary table with ON COMMIT DROP, and use it in the same batch.");
    case statement_kind::copy:
      return refuse("0A000", "COPY is refused: a pipelined connection cannot carry it",
                    "Insert through parameters, for example INSERT ... SELECT unnest($1::int[]).");
  }
  return std::nullopt;
}

refusal check_access(const statement_traits& traits, context where) {
  if (where.mode == access::write || traits.conflict == read_conflict::none) return std::nullopt;
  std::string what;
  switch (traits.conflict) {
    case read_conflict::none: break;
    case read_conflict::writes: what = name_of(traits.culprit); break;
    case read_conflict::selects_into: what = "SELECT INTO"; break;
    case read_conflict::locks_rows: what = "SELECT FOR " + name_of(traits.culprit); break;
  }
  return refuse("25006",
                what + " is not a read, and the " + (where.in_batch ? "batch" : "statement") + " is declared one",
                "Declare it a write: reads may run on a standby, and may be repeated.");
}

/// The declarations about the write itself that go beyond its text.
template <class Body>
refusal check_demands(const Body& x, scope on) {
  const bool write_only = !x.token.empty() || x.resolve || x.report_position;
  if (!write_only && !x.at_least) return std::nullopt;
  if (on != scope::shared)
    return refuse("0A000", "a token, a position and the look-up by transaction id belong to requests of their own",
                  "Send it to the delegate, not to a lease or a transaction.");
  if (write_only && x.mode == access::read)
    return refuse("22023", "it is declared a read, and a token, a report of its position and a look-up are for writes",
                  "Declare it a write, or leave them out.");
  if (x.at_least && x.mode == access::write)
    return refuse("22023", "it is a write, and only reads can ask to see at least a position",
                  "Leave the position out: writes go to the primary, which has all of them.");
  if (x.at_least && x.at_least->timeline == 0)
    return refuse("22023", "the position has no timeline", "Use the position that a write's receipt has brought.");
  if (x.resolve && (!x.token.empty() || x.report_position || x.cancel_key != 0 || x.cancel_with_caller))
    return refuse("22023", "a write that is to be looked up has no token, reports no position and cannot be cancelled",
                  "Leave one of them out; a token settles more than a look-up does.");
  return x.token.empty() ? std::nullopt : check_token(x.token);
}

/// Its token's row must be written in one transaction with it.
refusal check_token_fits(const statement& x, const statement_traits& traits) {
  if ((x.token.empty() && !x.resolve) || !(traits.own_transaction || traits.kind == statement_kind::finish_prepared))
    return std::nullopt;
  return refuse("25001",
                name_of(traits.command) + " can neither have a token nor be looked up: it refuses a transaction",
                "Send it without, and look whether it took effect when its answer is lost.");
}

refusal check_traits(const statement& x, const statement_traits& traits, context where) {
  if (auto out = check_shape(traits)) return out;
  if (auto out = check_kind(traits, where)) return out;
  if (auto out = check_count(x, traits)) return out;
  return check_access(traits, where);
}

refusal check_in(const statement& x, context where) {
  if (auto out = check_text(x.text)) return out;
  if (auto out = check_parameters(x.parameters)) return out;
  const auto traits = analyse(x.text);
  if (auto out = check_traits(x, traits, where)) return out;
  return where.in_batch ? std::nullopt : check_token_fits(x, traits);
}

} // namespace

std::optional<failure> check(const statement& x) {
  if (auto out = check_timeout(x.timeout)) return out;
  if (auto out = check_labels(x.name, x.traceparent)) return out;
  if (auto out = check_demands(x, scope::shared)) return out;
  return check_in(x, {x.mode, false});
}

std::optional<failure> check(const statement& x, const statement_traits& traits) {
  if (auto out = check_timeout(x.timeout)) return out;
  if (auto out = check_labels(x.name, x.traceparent)) return out;
  if (auto out = check_demands(x, scope::shared)) return out;
  if (auto out = check_parameters(x.parameters)) return out;
  if (auto out = check_traits(x, traits, {x.mode, false})) return out;
  return check_token_fits(x, traits);
}

std::optional<failure> check(const statement& x, traits_cache& known) {
  if (const auto* traits = known.find(x.text)) return check(x, *traits);
  if (auto out = check_text(x.text)) return out;
  const auto traits = analyse(x.text);
  auto out = check(x, traits);
  if (!out) known.keep(x.text, traits);
  return out;
}

namespace {

refusal check_batch(const batch& x, context where) {
  if (x.statements.empty()) return refuse("42601", "the batch holds no statement", "Send at least one SQL statement.");
  if (auto out = check_timeout(x.timeout)) return out;
  if (auto out = check_labels(x.name, x.traceparent)) return out;
  if (auto out = check_demands(x, where.on)) return out;
  for (std::size_t i = 0; i < x.statements.size(); ++i) {
    auto out = check_in(x.statements[i], where);
    if (!out) continue;
    out->message = "statement " + std::to_string(i + 1) + " of " + std::to_string(x.statements.size())
                   + " in the batch: " + out->message;
    return out;
  }
  return std::nullopt;
}

/// A read stays one on a session that was not borrowed for reading.
access narrower(access x, access session) noexcept {
  return session == access::read ? session : x;
}

} // namespace

std::optional<failure> check(const batch& x) {
  return check_batch(x, {x.mode, true, scope::shared});
}

std::optional<failure> check(const statement& x, scope where, access mode) {
  if (auto out = check_timeout(x.timeout)) return out;
  if (auto out = check_labels(x.name, x.traceparent)) return out;
  if (auto out = check_demands(x, where)) return out;
  return check_in(x, {narrower(x.mode, mode), false, where});
}

std::optional<failure> check(const batch& x, scope where, access mode) {
  return check_batch(x, {narrower(x.mode, mode), true, where});
}

std::optional<failure> check(const session_order& x) {
  if (auto out = check_timeout(x.timeout)) return out;
  if (auto out = check_timeout(x.hold_max)) return out;
  const auto& t = x.transaction;
  if (t.deferrable && !(t.read_only && t.level == isolation::serializable))
    return refuse("22023", "DEFERRABLE has no effect on this transaction", "It is for SERIALIZABLE READ ONLY alone.");
  return std::nullopt;
}

std::optional<failure> check(const statement_list& x, std::size_t size_max) {
  if (x.statements.empty()) return refuse("42601", "the list holds no statement", "Send at least one SQL statement.");
  if (x.statements.size() <= size_max) return std::nullopt;
  return refuse("54000",
                "the list holds " + std::to_string(x.statements.size())
                  + " statements, more than list-max = " + std::to_string(size_max),
                "Send several lists, or raise list-max.");
}

} // namespace tripool
