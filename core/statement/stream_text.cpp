// The cursor's texts. Its name is the session's own: one stream has the whole session.
#include "tripool/core/statement/stream_text.hpp"

#include "tripool/core/statement/check.hpp"
#include "tripool/core/statement/traits.hpp"

#include <utility>

namespace tripool {

namespace {

statement control(std::string text) {
  statement out;
  out.text = std::move(text);
  return out;
}

} // namespace

std::optional<failure> check_stream(const statement& x) {
  if (auto f = check(x, scope::transaction, x.mode)) return f;
  const auto traits = analyse(x.text);
  const bool reads =
    traits.command == keyword::select_ || traits.command == keyword::values_ || traits.command == keyword::table_;
  const bool changes = traits.conflict == read_conflict::writes || traits.conflict == read_conflict::selects_into;
  if (reads && !changes) return std::nullopt;
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = "0A000";
  f.message = reads ? "a statement that changes data or makes a table cannot be read as a stream"
                    : "only SELECT, VALUES and TABLE can be read as a stream";
  f.hint = "Send it as a statement; for the rows of a change too many for one result, keep them in a table and stream "
           "that.";
  return f;
}

session_order stream_order(const statement& x, std::chrono::milliseconds hold_max) {
  session_order out;
  out.what = session_purpose::stream;
  out.mode = x.mode;
  out.timeout = x.timeout;
  out.hold_max = hold_max;
  out.pool = x.pool;
  out.transaction.read_only = x.mode == access::read;
  out.opening.push_back(control(begin_text(out.transaction)));
  out.opening.push_back(control("SET LOCAL cursor_tuple_fraction = 1"));
  statement declare = x;
  declare.text = "DECLARE tripool_stream NO SCROLL CURSOR FOR " + x.text;
  out.opening.push_back(std::move(declare));
  return out;
}

std::string stream_fetch_text(std::uint32_t rows) {
  return "FETCH FORWARD " + std::to_string(rows) + " FROM tripool_stream";
}

} // namespace tripool
