// What writes carry beyond their own statements: the token's row in front of them, and the log's position behind them.
#include "tripool/core/pipeline/pipeline_machine.hpp"
#include "tripool/core/result/noticed_result.hpp"
#include "tripool/core/statement/token.hpp"

#include <string>
#include <utility>

namespace tripool {

/// Settles the unit if the error is the answer to its token's row; false: it is an error like others.
bool pipeline_machine::settle_token(pipeline_unit& u, const server_message& e, const pipeline_op& op, time_point now) {
  using kind = pipeline_op::kind;
  const bool own = (u.what->prologue() > 0 && op.index == 0) || u.what->asks_for_token();
  if (!own || (op.what != kind::execute && op.what != kind::prepare)) return false;
  const auto what = refusal_of(e);
  if (what == token_refusal::other) return false;
  if (what == token_refusal::taken) {
    u.what->ask_for_token();
    mark_resend(u);
    return true;
  }
  auto f = describe(u, outcome::rejected, e, op.index);
  f.detail.clear();
  f.hint = what == token_refusal::no_schema
             ? "create the table of tokens once for each database: tripool tokens create, or a create_tokens message"
             : "grant the pool's role USAGE on schema tripool, and SELECT, INSERT and UPDATE on tripool.tokens";
  settle_failed(u, std::move(f), now);
  return true;
}

/// The question whether the token was applied is answered, by a commit.
void pipeline_machine::settle_asked(pipeline_unit& u, time_point now) {
  const auto answer = u.results.empty() || u.results.front().empty() ? std::nullopt : u.results.front().raw(0, 0);
  const bool applied = answer && !answer->empty() && (answer->front() == 't' || answer->front() == '\1');
  if (applied) {
    note_end(u, outcome::done, now);
    u.what->complete_as_applied();
    return;
  }
  auto f = blank(outcome::rejected, cause::server_error);
  f.sqlstate = "23505";
  f.message = "the token was withdrawn: no write with it will ever take effect";
  f.hint = "send the write with a new token";
  if (answer) u.what->doubted = false; // Who withdrew it was told that it had not been applied.
  if (!answer) {
    f.kind = outcome::in_doubt;
    f.message = "the token had been there, and was deleted before it could be asked whether it was applied";
  }
  note_end(u, f.kind, now);
  u.what->fail(std::move(f), now);
}

/// Its COMMIT has been answered, and now the question behind it, or not: then the result has no position.
void pipeline_machine::settle_position(pipeline_unit& u, const result& position, time_point now) {
  if (position.size() == 1 && position.columns() == 2 && !position.is_null(0, 0) && !position.is_null(0, 1)) {
    for (auto& r : u.results) {
      auto known = r.receipt();
      known.position = wal_position_of(*position.raw(0, 0), *position.raw(0, 1));
      r = with_receipt(std::move(r), known);
    }
  }
  settle_done(u, now);
}

} // namespace tripool
