// The advice itself, sorted by SQLSTATE.
#include "tripool/core/outcome/hints.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

struct advice {
  std::string_view sqlstate;
  std::string_view text;
};

constexpr std::array advices{
  advice{"08", "look at the network between Tripool and the server, and at the server's log"},
  advice{"08007", "look whether it took effect before sending it again"},
  advice{"08P01", "check the number and the types of the parameters"},
  advice{"0A000", "the server does not support this statement in this place"},
  advice{"22", "check the parameters' values against the columns' types"},
  advice{"22001", "the value is longer than the column allows"},
  advice{"22003", "the value is outside the range of the column's type"},
  advice{"22021", "texts take no NUL character and only what the encoding knows: send other bytes as a bytea"},
  advice{"22P02", "write the value as the column's type expects it, or cast it"},
  advice{"23502", "give the column a value, or a default"},
  advice{"23503", "insert the row that is referred to first, or look whether it was deleted"},
  advice{"23505", "a row with this key exists: use ON CONFLICT, or choose another key"},
  advice{"23514", "the value breaks a check constraint of the table"},
  advice{"25001", "send this statement alone, not in a batch: it refuses a transaction block"},
  advice{"25006", "declare it as a write, so that it goes to a server that takes writes"},
  advice{"25P02", "an earlier statement of the transaction failed: look at its error"},
  advice{"26000", "do not DEALLOCATE or DISCARD prepared statements on shared connections"},
  advice{"28", "check the pool's user, password and the server's pg_hba.conf"},
  advice{"28000", "check the pool's user, and the server's pg_hba.conf for this user, database and address"},
  advice{"28P01", "check the pool's user and password; a password file is read again at the next dial"},
  advice{"2D000", "call this procedure alone, not in a batch: it ends transactions itself"},
  advice{"3D000", "create the database, or correct dbname in the pool's configuration"},
  advice{"3F000", "check the schema's name and the role's search_path"},
  advice{"40001", "it conflicted with concurrent transactions: send it again"},
  advice{"40003", "look whether it took effect before sending it again"},
  advice{"40P01", "it was the loser of a deadlock: send it again, and lock rows in one order everywhere"},
  advice{"42501", "grant the pool's role the privilege that it lacks"},
  advice{"42601", "check the statement's syntax; one command a text"},
  advice{"42703", "check the column's name, and that the migration has run on this server"},
  advice{"42804", "cast the parameter to the type that the statement expects"},
  advice{"42883", "cast the parameters to the function's types, and check its name and the search_path"},
  advice{"42P01", "check the table's name, the search_path, and that the migration has run on this server"},
  advice{"42P02", "number the parameters $1, $2, ... without a gap"},
  advice{"42P18", "cast the parameter: the server cannot tell its type"},
  advice{"53", "the server is short of resources: see its log"},
  advice{"53100", "the server's disk is full"},
  advice{"53200", "the server is out of memory: lower work_mem or the number of connections"},
  advice{"53300", "lower the pools' maximum, or raise max_connections or the role's connection limit"},
  advice{"54", "the statement is larger or deeper than the server allows"},
  advice{"54000", "a limit of the server was passed, or a text was to hold a NUL character: the message says which"},
  advice{"54001", "simplify the statement, or raise max_stack_depth on the server"},
  advice{"54011", "spread the columns over several tables or queries"},
  advice{"54023", "pass the arguments as one array"},
  advice{"55P03", "another transaction holds the lock: send it again later, or raise lock_timeout"},
  advice{"57014", "it was cancelled: see statement_timeout, or who called pg_cancel_backend"},
  advice{"57P01", "ended by an administrator: look whether it took effect before sending it again"},
  advice{"57P02", "the server crashed: look whether it took effect before sending it again"},
  advice{"57P03", "the server is starting or stopping: wait, or look at its log"},
  advice{"58", "the server had trouble with its files: see its log"},
  advice{"XX", "the server met an internal error: see its log"},
  advice{"XX001", "the server's data is damaged: see its log, and restore from a backup"},
  advice{"XX002", "an index is damaged: REINDEX it"},
};

constexpr bool sorted() {
  return std::ranges::is_sorted(advices, {}, &advice::sqlstate);
}
static_assert(sorted(), "looked up by binary search");

std::string_view find(std::string_view key) noexcept {
  const auto i = std::ranges::lower_bound(advices, key, {}, &advice::sqlstate);
  return i != advices.end() && i->sqlstate == key ? i->text : std::string_view{};
}

} // namespace

std::string_view hint_for(std::string_view sqlstate) noexcept {
  if (sqlstate.size() != 5) return {};
  const auto exact = find(sqlstate);
  return exact.empty() ? find(sqlstate.substr(0, 2)) : exact;
}

} // namespace tripool
