// The meaning of SQLSTATEs for "did it run?". Codes: PostgreSQL's appendix A; the functions named are in its sources.
#include "tripool/core/outcome/classify.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

bool in_class(std::string_view sqlstate, std::string_view two) noexcept {
  return sqlstate.substr(0, 2) == two;
}

/// The server process was told to end, or ends because another crashed: its transaction may be committed already, while
/// it waits for a synchronous standby.
bool ends_any_time(std::string_view s) noexcept {
  return s == "57P01" || s == "57P02";
}

/// The SQL standard's and others' own words for "it may have been committed".
bool says_unknown(std::string_view s) noexcept {
  return s == "40003" || s == "08007";
}

bool is_conflict(std::string_view s) noexcept {
  return s == "40001" || s == "40P01";
}

/// A FATAL that concerns the session and not the statement that happened to meet it: idle timeouts, a dropped database,
/// a standby's recovery that needed the session out of its way, and all that a server says to new sessions.
bool blames_session(std::string_view s) noexcept {
  constexpr std::array<std::string_view, 3> codes{"57P05", "25P03", "57P04"};
  return std::ranges::find(codes, s) != codes.end() || is_conflict(s) || sign_of(s) == server_sign::gone
         || sign_of(s) == server_sign::refusing;
}

verdict classify_fatal(std::string_view s) noexcept {
  if (ends_any_time(s)) return verdict::in_doubt;
  return blames_session(s) ? verdict::not_executed : verdict::rejected;
}

/// A cancel that was not ours leaves a plain error behind: statement_timeout and an administrator's pg_cancel_backend.
verdict classify_cancelled(const classify_context& about) noexcept {
  if (about.cancel_aimed || !(about.stray_cancel || about.poisoned)) return verdict::rejected;
  return verdict::victim;
}

/// Whether 25006 is the server's own word about itself and not a statement's, which may raise any SQLSTATE or bring it
/// from a foreign server. The names are PostgreSQL's (utility.c); none at all is believed.
bool says_server(std::string_view source_function) noexcept {
  return source_function.empty() || source_function.substr(0, 14) == "PreventCommand";
}

verdict classify_read_only(const classify_context& about) noexcept {
  if (about.is_write) return verdict::read_only_server;
  // A read that writes is refused by the READ ONLY block around it; alone it may do what the server allows.
  return about.framed && !about.batch ? verdict::run_alone : verdict::rejected;
}

} // namespace

std::string_view to_string(verdict x) noexcept {
  switch (x) {
    case verdict::rejected: return "rejected";
    case verdict::not_executed: return "not_executed";
    case verdict::in_doubt: return "in_doubt";
    case verdict::retry_here: return "retry_here";
    case verdict::prepare_again: return "prepare_again";
    case verdict::run_alone: return "run_alone";
    case verdict::victim: return "victim";
    case verdict::read_only_server: return "read_only_server";
  }
  return "unknown";
}

verdict classify(const server_message& error, const classify_context& about) noexcept {
  const std::string_view s = error.sqlstate;
  if (says_unknown(s) || error.severity == "PANIC") return verdict::in_doubt;
  if (error.severity == "FATAL") return classify_fatal(s);
  if (ends_any_time(s)) return verdict::in_doubt;
  if (is_conflict(s)) return verdict::retry_here;
  if (s == "57014") return classify_cancelled(about);
  if (s == "25006") return says_server(error.source_function) ? classify_read_only(about) : verdict::rejected;
  if (s == "25P02" && about.poisoned) return verdict::victim;
  if ((s == "25001" || s == "2D000") && about.framed && !about.batch) return verdict::run_alone;
  if (about.prepared && (s == "26000" || (s == "0A000" && error.source_function == "RevalidateCachedQuery")))
    return verdict::prepare_again;
  // Also when the statement raised it itself, for example for a foreign server: it was rolled back all the same.
  if (s == "57P03" || s == "53300") return verdict::not_executed;
  return verdict::rejected;
}

verdict classify_loss(const session_loss& loss, bool sent, bool head) noexcept {
  if (!sent || loss.during == session_loss::phase::dialling) return verdict::not_executed;
  const std::string_view s = loss.sqlstate;
  if (s.empty() || ends_any_time(s) || says_unknown(s)) return verdict::in_doubt;
  // These may have come with PANIC, which the loss does not tell.
  if (in_class(s, "XX") || in_class(s, "58")) return verdict::in_doubt;
  return head ? classify_fatal(s) : verdict::not_executed;
}

bool ends_session(std::string_view severity) noexcept {
  return severity == "FATAL" || severity == "PANIC";
}

bool is_sync_wait_cancelled(const server_message& notice) noexcept {
  if (notice.source_function != "SyncRepWaitForLSN") return false;
  return notice.sqlstate == "01000" || notice.sqlstate == "57P01";
}

server_sign sign_of(std::string_view s) noexcept {
  if (s == "25006") return server_sign::read_only;
  if (s == "57P03" || ends_any_time(s)) return server_sign::gone;
  if (s == "53300" || s == "3D000" || in_class(s, "28")) return server_sign::refusing;
  return server_sign::none;
}

outcome outcome_of(verdict x) noexcept {
  switch (x) {
    case verdict::in_doubt: return outcome::in_doubt;
    case verdict::not_executed:
    case verdict::victim:
    case verdict::read_only_server: return outcome::not_executed;
    case verdict::rejected:
    case verdict::retry_here:
    case verdict::prepare_again:
    case verdict::run_alone: return outcome::rejected;
  }
  return outcome::in_doubt;
}

} // namespace tripool
