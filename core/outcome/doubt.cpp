// The questions and their judgement.
#include "tripool/core/outcome/doubt.hpp"
#include "tripool/core/util/mutation.hpp"

namespace tripool {

namespace {

std::string text_at(const result& x, std::size_t column) {
  return std::string{x.raw(0, column).value_or("")};
}

} // namespace

statement identity_question() {
  statement x;
  x.text = identity_text;
  x.format = result_format::text;
  return x;
}

statement status_question(const transaction_identity& x) {
  statement out;
  out.text = status_text;
  out.parameters = {x.xid, x.system, x.timeline};
  if (mutated(mutation::resolve_across_timelines)) out.parameters.back() = "any";
  out.format = result_format::text;
  out.repeatable = true;
  out.name = "transaction status";
  return out;
}

std::optional<transaction_identity> identity_of(const result& x) {
  if (x.size() != 1 || x.columns() != 4 || x.is_null(0, 0) || x.is_null(0, 1)) return std::nullopt;
  return transaction_identity{text_at(x, 0), text_at(x, 1), text_at(x, 2), text_at(x, 3)};
}

fate_finding judge_status(const transaction_identity& x, const result& answer) {
  using enum transaction_fate;
  if (answer.size() != 1 || answer.columns() != 4) return {unknown, "the transaction's status is not understood"};
  if (text_at(answer, 0) != x.system) return {unknown, "the server that takes writes now is of another cluster"};
  if (text_at(answer, 1) != x.timeline && !mutated(mutation::resolve_across_timelines))
    return {unknown, "a failover has made timeline " + text_at(answer, 1) + " of timeline " + x.timeline
                       + ", where the transaction's id may be another one's"};
  const auto status = text_at(answer, 3);
  if (status == "aborted") return {not_committed, {}};
  if (status == "in progress") return {under_way, "the transaction is still under way on its server"};
  if (status != "committed") return {unknown, "the server does not know the transaction's id any more"};
  if (text_at(answer, 2) != x.incarnation)
    return {unknown, "the server has recovered from a crash since, and may have given the transaction's id again"};
  return {committed, {}};
}

fate_finding judge_status(const failure& x) {
  using enum transaction_fate;
  // "transaction ID is in the future": a crash has taken it, and with it whatever it had done.
  if (x.kind == outcome::rejected && x.sqlstate == "22023") return {not_committed, {}};
  if (x.kind == outcome::rejected) return {unknown, "the transaction's status could not be asked: " + x.message};
  return {under_way, "no server could be asked for the transaction's status: " + x.message};
}

} // namespace tripool
