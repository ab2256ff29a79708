// The statements and the checks of the raw peer. Results are binary.
#include "tests/benchmarks/raw/task.hpp"

#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include <endian.h>

namespace tripool::raw {

namespace {

constexpr prepared select1{"select1", "select $1::int", 1};
constexpr prepared point{"point", "select aid, abalance from pgbench_accounts where aid = $1", 1};
constexpr prepared update{"update", "update pgbench_accounts set abalance = abalance + $1 where aid = $2", 2};
constexpr prepared rows{"rows",
                        "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid "
                        "limit 1000",
                        1};

std::int64_t int4(const PGresult* r, int row, int column) {
  std::uint32_t x = 0;
  if (PQgetlength(r, row, column) != sizeof x) return -1;
  std::memcpy(&x, PQgetvalue(r, row, column), sizeof x);
  return static_cast<std::int32_t>(be32toh(x));
}

bool holds_int4(const PGresult* r, int row, int column) {
  if (PQgetisnull(r, row, column) || PQgetlength(r, row, column) != 4) return false;
  return int4(r, row, column) >= std::numeric_limits<std::int32_t>::min();
}

bool rows_are_right(const PGresult* r, std::int64_t first) {
  if (PQntuples(r) != 1000) return false;
  for (int i = 0; i < 1000; ++i) {
    const std::string_view filler{PQgetvalue(r, i, 3), static_cast<std::size_t>(PQgetlength(r, i, 3))};
    if (int4(r, i, 0) != first + i || int4(r, i, 1) < 1 || !holds_int4(r, i, 2) || filler.size() != 84) return false;
  }
  return true;
}

} // namespace

std::optional<plan> plan_for(const std::string& workload) {
  if (workload == "select1") return plan{{select1}, 1'000'000};
  if (workload == "point") return plan{{point}, 0};
  if (workload == "update") return plan{{update}, 0};
  if (workload == "rows1000") return plan{{rows}, 0};
  if (workload == "tx") return plan{{update, point}, 0};
  return std::nullopt;
}

void draw(caller& who, const plan& p) {
  const bool thousand = std::strcmp(p.statements.front().name, rows.name) == 0;
  who.account = static_cast<std::int64_t>(who.random.next() % static_cast<std::uint64_t>(p.accounts)) + 1;
  if (thousand) who.account = who.account > 1000 ? who.account - 1000 : 1;
  *std::to_chars(who.text.data(), who.text.data() + who.text.size() - 1, who.account).ptr = '\0';
  who.right = true;
}

bool is_right(const plan& p, std::size_t index, const caller& who, const PGresult* r) {
  const std::string_view name{p.statements[index].name};
  if (name == update.name)
    return PQresultStatus(r) == PGRES_COMMAND_OK && std::strcmp(PQcmdTuples(const_cast<PGresult*>(r)), "1") == 0;
  if (PQresultStatus(r) != PGRES_TUPLES_OK) return false;
  return name == rows.name ? rows_are_right(r, who.account) : PQntuples(r) == 1 && int4(r, 0, 0) == who.account;
}

} // namespace tripool::raw
