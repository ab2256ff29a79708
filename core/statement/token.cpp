// The statements around tokens.
#include "tripool/core/statement/token.hpp"

#include "tripool/core/outcome/refusal.hpp"
#include "tripool/core/statement/shared_part.hpp"
#include "tripool/core/util/mutation.hpp"
#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tripool {

namespace {

constexpr std::string_view token_constraint = "tripool_tokens_token";

statement with_text(std::string_view text) {
  statement x;
  x.text = text;
  return x;
}

statement claim(std::string_view token, const std::string& name) {
  auto x = with_text(token_claim_text);
  if (mutated(mutation::token_without_row)) return with_text("select 1");
  x.parameters.emplace_back(std::string{token});
  x.parameters.push_back(name.empty() ? parameter{} : parameter{name});
  return x;
}

} // namespace

std::optional<failure> check_token(std::string_view token) {
  constexpr auto hint = "A token is a name that no other write ever has, for example a UUID, made once for the write.";
  if (token.empty()) return refuse("22023", "the token is empty", hint);
  if (token.size() > token_bytes_max) {
    return refuse(
      "22023", "the token has " + std::to_string(token.size()) + " bytes, more than " + std::to_string(token_bytes_max),
      hint);
  }
  if (find_text_fault(token)) return refuse("22021", "the token is not valid UTF-8, or holds a NUL", hint);
  return std::nullopt;
}

std::optional<failure> check_token_age(std::chrono::seconds age, duration deadline_max) {
  using std::chrono::seconds;
  const auto least = std::max(seconds{3600}, 10 * std::chrono::ceil<seconds>(deadline_max));
  if (age >= least) return std::nullopt;
  return refuse("22023",
                "tokens of " + std::to_string(age.count()) + " s are too young to be deleted: at least "
                  + std::to_string(least.count()) + " s, ten times the longest deadline and an hour",
                "Keep tokens for as long as their writes may be sent again, for example seven days.");
}

batch as_batch(statement x) {
  batch out;
  take_shared_part(std::as_const(x), out);
  x.token.clear();
  out.statements.push_back(std::move(x));
  return out;
}

batch with_token(statement x) {
  return with_token(as_batch(std::move(x)));
}

batch with_token(batch x) {
  x.statements.insert(x.statements.begin(), claim(x.token, x.name));
  return x;
}

token_refusal refusal_of(const server_message& e) noexcept {
  if (e.sqlstate == "23505" && e.constraint == token_constraint) return token_refusal::taken;
  if (e.sqlstate == "3F000" || e.sqlstate == "42P01") return token_refusal::no_schema;
  return e.sqlstate == "42501" ? token_refusal::forbidden : token_refusal::other;
}

statement token_question(std::string_view token) {
  auto x = with_text(token_confirm_text);
  x.parameters.emplace_back(std::string{token});
  x.repeatable = true;
  return x;
}

statement withdrawal_of(std::string_view token) {
  auto x = with_text(token_withdraw_text);
  x.parameters.emplace_back(std::string{token});
  x.repeatable = true;
  return x;
}

batch token_table() {
  batch out;
  out.repeatable = true;
  out.name = "create tokens";
  out.statements.push_back(with_text("CREATE SCHEMA IF NOT EXISTS tripool"));
  out.statements.push_back(with_text("CREATE TABLE IF NOT EXISTS tripool.tokens ("
                                     "token text CONSTRAINT tripool_tokens_token PRIMARY KEY, "
                                     "made_at timestamptz NOT NULL DEFAULT now(), "
                                     "caller text, "
                                     "applied boolean NOT NULL DEFAULT true)"));
  out.statements.push_back(with_text("CREATE INDEX IF NOT EXISTS tripool_tokens_made_at ON tripool.tokens (made_at)"));
  return out;
}

statement old_tokens_deletion(std::chrono::seconds age, std::uint32_t rows_max) {
  auto x = with_text("DELETE FROM tripool.tokens WHERE token IN (SELECT token FROM tripool.tokens "
                     "WHERE made_at < now() - $1 * interval '1 second' ORDER BY made_at LIMIT $2)");
  x.parameters.emplace_back(static_cast<double>(age.count()));
  x.parameters.emplace_back(static_cast<std::int64_t>(rows_max));
  x.repeatable = true;
  x.name = "clean tokens";
  return x;
}

} // namespace tripool
