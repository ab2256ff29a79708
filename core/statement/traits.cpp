// A small machine over tokens. `frame` follows the places where a statement can begin: the start of the text, the
// bodies of WITH, what comes after WITH, and what EXPLAIN explains. Everything else is known by a few neighbouring
// words.
#include "tripool/core/statement/traits.hpp"

#include "tripool/core/statement/scanner.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

constexpr std::size_t frames_max = 16; // WITH inside WITH; deeper ones count as writes.
constexpr std::size_t tracked_depth = 64;

/// Where a frame stands.
enum class place : std::uint8_t {
  start,           // The first word of a statement comes next, after any opening parentheses.
  explain,         // After EXPLAIN: ANALYZE, VERBOSE, an option list or the statement.
  explain_options, // Inside EXPLAIN's parentheses.
  with_first,      // After WITH: RECURSIVE or a name.
  with_recursive,  // After WITH RECURSIVE: a name, unless RECURSIVE was one.
  with_name,       // After a comma: a name.
  with_named,      // Waits for AS.
  with_as,         // NOT, MATERIALIZED, or the body's parenthesis.
  with_after,      // After a body: comma, SEARCH, CYCLE or the main statement.
  with_clause,     // Inside SEARCH or CYCLE, up to SET.
  with_column,     // After SET or USING: the name of a column.
  body,            // Inside the statement: nothing more to learn.
};

struct frame {
  std::uint32_t open_depth = 0; // It ends when the depth falls below this.
  std::uint32_t list_depth = 0; // Where its own words stand.
  place at = place::start;
};

bool is_query(keyword x) noexcept {
  return x == keyword::select_ || x == keyword::values_ || x == keyword::table_ || x == keyword::with_;
}

bool changes_rows(keyword x) noexcept {
  return x >= keyword::insert_ && x <= keyword::merge_;
}

class analyser {
public:
  explicit analyser(std::string_view text) noexcept : scanner_(text) {}
  statement_traits run() noexcept;

private:
  frame& top() noexcept { return frames_[used_ - 1]; }
  keyword before(std::size_t n) const noexcept { return history_[n - 1]; }
  void step(const token& t) noexcept;
  void on_open() noexcept;
  void on_close() noexcept;
  void on_comma() noexcept;
  void on_word(keyword word) noexcept;
  void on_frame_word(keyword word) noexcept;
  void begin_statement(keyword word) noexcept;
  void on_explain_option(keyword word) noexcept;
  void on_head(const token& t) noexcept;
  void on_neighbours(keyword word) noexcept;
  void on_routine_word(keyword word) noexcept;
  void found_conflict(read_conflict what, keyword culprit) noexcept;
  void finish() noexcept;

  scanner scanner_;
  statement_traits out_;
  std::array<frame, frames_max> frames_{};
  std::size_t used_ = 1;
  std::uint32_t depth_ = 0;
  std::uint64_t call_parens_ =
    0; // Bit d: the parenthesis of depth d follows SUBSTRING or OVERLAY, whose FOR is no lock.
  std::array<keyword, 3> history_{}; // The words just before; broken by everything that is no word.
  token_kind previous_ = token_kind::end;

  std::uint32_t tokens_ = 0;       // Of the first statement.
  keyword second_ = keyword::none; // The text's second token, where it is a keyword.
  keyword main_ = keyword::none;   // The command behind EXPLAIN and WITH, as far as it is known.
  bool in_head_ = false;   // Still among the words after CREATE, ALTER or DROP that tell what object it is about.
  bool set_scope_ = false; // The second word of SET is LOCAL, TRANSACTION or CONSTRAINTS, and not a variable's name.
  bool explains_ = false;
  bool explain_runs_ = false;
  bool routine_ = false;
  std::uint32_t routine_blocks_ = 0; // BEGIN ATOMIC and CASE that are open in a routine's body.
  bool temporary_ = false;
  bool drops_on_commit_ = false;
  bool hold_ = false;
  bool cursor_query_ = false;
};

statement_traits analyser::run() noexcept {
  for (;;) {
    const token t = scanner_.next();
    if (t.kind == token_kind::end) break;
    if (t.kind == token_kind::semicolon && depth_ == 0 && routine_blocks_ == 0) {
      if (tokens_ > 0) out_.statements = 1;
      continue;
    }
    if (t.kind == token_kind::unterminated) out_.unterminated = true;
    if (out_.statements == 1) {
      if (out_.unterminated) continue;
      out_.statements = 2;
      out_.second_at = t.begin;
      finish();
      return out_;
    }
    ++tokens_;
    step(t);
  }
  if (tokens_ > 0) out_.statements = 1;
  finish();
  return out_;
}

void analyser::step(const token& t) noexcept {
  keyword word = t.word;
  on_head(t);
  switch (t.kind) {
    case token_kind::word:
      // A word after a point is a column; after AS, where no body of WITH is awaited, it is a label.
      if (previous_ == token_kind::dot || (before(1) == keyword::as_ && top().at != place::with_as))
        word = keyword::none;
      on_word(word);
      break;
    case token_kind::name: on_frame_word(keyword::none); break;
    case token_kind::open: on_open(); break;
    case token_kind::close: on_close(); break;
    case token_kind::comma: on_comma(); break;
    case token_kind::parameter: out_.parameters = std::max(out_.parameters, t.number); break;
    default: break;
  }
  history_ = {t.kind == token_kind::word ? word : keyword::none, history_[0], history_[1]};
  previous_ = t.kind;
}

void analyser::on_open() noexcept {
  const keyword callee = before(1);
  ++depth_;
  if (depth_ < tracked_depth) {
    const std::uint64_t bit = std::uint64_t{1} << depth_;
    const bool substring = callee == keyword::substring_ || callee == keyword::overlay_;
    call_parens_ = substring ? call_parens_ | bit : call_parens_ & ~bit;
  }
  frame& f = top();
  if (f.at == place::with_as) {
    if (used_ == frames_max) {
      found_conflict(read_conflict::writes, keyword::with_);
      return;
    }
    f.at = place::with_after;
    frames_[used_++] = {depth_, depth_, place::start};
  } else if (f.at == place::start || (f.at == place::with_after && depth_ == f.list_depth + 1)) {
    f.at = place::start;
    f.list_depth = depth_;
  } else if (f.at == place::explain) {
    f.at = before(1) == keyword::explain_ ? place::explain_options : place::start;
    f.list_depth = depth_;
  } else if (f.at == place::with_recursive) {
    f.at = place::with_named; // WITH recursive (columns) AS: it was a name.
  }
}

void analyser::on_close() noexcept {
  if (depth_ == 0) return;
  --depth_;
  frame& f = top();
  if (used_ > 1 && depth_ < f.open_depth) {
    --used_;
  } else if (f.at == place::explain_options && depth_ < f.list_depth) {
    f.at = place::start;
    f.list_depth = depth_;
  }
}

void analyser::on_comma() noexcept {
  frame& f = top();
  if (depth_ == f.list_depth && f.at == place::with_after) f.at = place::with_name;
}

void analyser::on_word(keyword word) noexcept {
  on_frame_word(word);
  if (word == keyword::none) return;
  on_neighbours(word);
  if (routine_) on_routine_word(word);
}

void analyser::on_frame_word(keyword word) noexcept {
  frame& f = top();
  if (f.at == place::body || depth_ != f.list_depth) return;
  switch (f.at) {
    case place::start: begin_statement(word); break;
    case place::explain:
      if (word == keyword::analyze_ || word == keyword::analyse_)
        explain_runs_ = true;
      else if (word != keyword::verbose_)
        begin_statement(word);
      break;
    case place::explain_options: on_explain_option(word); break;
    case place::with_first: f.at = word == keyword::recursive_ ? place::with_recursive : place::with_named; break;
    case place::with_recursive: f.at = word == keyword::as_ ? place::with_as : place::with_named; break;
    case place::with_name: f.at = place::with_named; break;
    case place::with_named:
      if (word == keyword::as_) f.at = place::with_as;
      break;
    case place::with_after:
      if (word == keyword::search_ || word == keyword::cycle_)
        f.at = place::with_clause;
      else if (word == keyword::using_)
        f.at = place::with_column;
      else if (word != keyword::with_ && (is_query(word) || changes_rows(word)))
        begin_statement(word);
      break;
    case place::with_clause:
      if (word == keyword::set_) f.at = place::with_column;
      break;
    case place::with_column: f.at = place::with_after; break;
    case place::with_as:
    case place::body: break;
  }
}

void analyser::begin_statement(keyword word) noexcept {
  frame& f = top();
  const bool main = used_ == 1;
  if (main) main_ = word;
  if (main && !explains_) out_.command = word;
  if (word == keyword::with_) {
    f.at = place::with_first;
    f.list_depth = depth_;
    return;
  }
  if (main && !explains_ && word == keyword::explain_) {
    explains_ = true;
    f.at = place::explain;
    return;
  }
  f.at = place::body;
  in_head_ = main && (word == keyword::create_ || word == keyword::alter_ || word == keyword::drop_);
  if (main ? begins_write(word) : changes_rows(word)) found_conflict(read_conflict::writes, word);
}

void analyser::on_explain_option(keyword word) noexcept {
  if (previous_ == token_kind::open && is_query(word)) {
    top().at = place::start;
    begin_statement(word);
  } else if (word == keyword::analyze_ || word == keyword::analyse_) {
    explain_runs_ = true;
  } else if (word == keyword::false_ || word == keyword::off_) {
    if (before(1) == keyword::analyze_ || before(1) == keyword::analyse_) explain_runs_ = false;
  }
}

/// The first tokens of the statement: what SET sets, what CREATE creates.
void analyser::on_head(const token& t) noexcept {
  if (tokens_ == 2) {
    second_ = t.word;
    set_scope_ = second_ == keyword::local_ || second_ == keyword::transaction_ || second_ == keyword::constraints_;
  } else if (tokens_ == 3 && set_scope_) {
    set_scope_ = (t.kind == token_kind::word && t.word != keyword::to_) || t.kind == token_kind::name;
  }
  if (!in_head_) return;
  switch (t.word) {
    case keyword::or_:
    case keyword::replace_:
    case keyword::local_:
    case keyword::global_:
    case keyword::unique_: return;
    case keyword::temp_:
    case keyword::temporary_: temporary_ = main_ == keyword::create_; break;
    case keyword::function_:
    case keyword::procedure_: routine_ = main_ == keyword::create_; break;
    case keyword::database_:
    case keyword::tablespace_:
    case keyword::subscription_:
    case keyword::system_: out_.own_transaction = true; break;
    default: break;
  }
  in_head_ = false;
}

/// What a word and those directly before it say together.
void analyser::on_neighbours(keyword word) noexcept {
  switch (word) {
    case keyword::update_:
    case keyword::share_: {
      const bool lock =
        before(1) == keyword::for_
        || (before(1) == keyword::key_
            && (before(2) == keyword::for_ || (before(2) == keyword::no_ && before(3) == keyword::for_)));
      const bool in_call = depth_ < tracked_depth && ((call_parens_ >> depth_) & 1U) != 0;
      if (lock && !in_call) found_conflict(read_conflict::locks_rows, word);
      break;
    }
    case keyword::into_:
      if (used_ == 1 && is_query(main_)) found_conflict(read_conflict::selects_into, word);
      break;
    case keyword::temp_:
    case keyword::temporary_:
      if (used_ == 1 && is_query(main_)) {
        const bool scoped = before(1) == keyword::local_ || before(1) == keyword::global_;
        temporary_ = temporary_ || before(scoped ? 2 : 1) == keyword::into_;
      }
      break;
    case keyword::drop_:
      drops_on_commit_ = drops_on_commit_ || (before(1) == keyword::commit_ && before(2) == keyword::on_);
      break;
    case keyword::concurrently_:
      if (main_ == keyword::create_ || main_ == keyword::alter_ || main_ == keyword::drop_) out_.own_transaction = true;
      break;
    case keyword::for_: cursor_query_ = true; break;
    case keyword::hold_: hold_ = hold_ || (before(1) == keyword::with_ && !cursor_query_); break;
    default: break;
  }
}

/// A routine's SQL body holds whole statements with semicolons: BEGIN ATOMIC ...; ...; END.
void analyser::on_routine_word(keyword word) noexcept {
  const bool opens_body = word == keyword::atomic_ && before(1) == keyword::begin_;
  const bool opens_case = word == keyword::case_ && routine_blocks_ > 0;
  if (opens_body || opens_case)
    ++routine_blocks_;
  else if (word == keyword::end_ && routine_blocks_ > 0)
    --routine_blocks_;
}

/// The first conflict is kept, but a command that writes is a better reason than the others.
void analyser::found_conflict(read_conflict what, keyword culprit) noexcept {
  const bool better =
    out_.conflict == read_conflict::none || (what == read_conflict::writes && out_.conflict != read_conflict::writes);
  if (!better) return;
  out_.conflict = what;
  out_.culprit = culprit;
}

void analyser::finish() noexcept {
  if (routine_) out_.parameters = 0;
  const bool prepared =
    second_ == keyword::prepared_ && (out_.command == keyword::commit_ || out_.command == keyword::rollback_);
  switch (out_.command) {
    case keyword::vacuum_:
    case keyword::cluster_:
    case keyword::reindex_:
    case keyword::call_:
    case keyword::do_: out_.own_transaction = true; break;
    default: break;
  }
  if (prepared) {
    out_.kind = statement_kind::finish_prepared;
    out_.own_transaction = true;
    found_conflict(read_conflict::writes, out_.command);
  } else if (begins_transaction_control(out_.command)
             || (out_.command == keyword::prepare_ && second_ == keyword::transaction_)) {
    out_.kind = statement_kind::transaction_control;
  } else if (out_.command == keyword::copy_) {
    out_.kind = statement_kind::copy;
  } else if ((out_.command == keyword::set_ && set_scope_) || (out_.command == keyword::declare_ && !hold_)) {
    out_.kind = statement_kind::transaction_state;
  } else if (begins_session_change(out_.command)) {
    out_.kind = statement_kind::session_state;
  } else if (temporary_ && !drops_on_commit_) {
    out_.kind = statement_kind::temporary_object;
  }
  if (explains_ && !explain_runs_) {
    out_.conflict = read_conflict::none;
    out_.culprit = keyword::none;
    if (out_.kind == statement_kind::temporary_object) out_.kind = statement_kind::ordinary;
  }
}

} // namespace

statement_traits analyse(std::string_view text) noexcept {
  return analyser{text}.run();
}

} // namespace tripool
