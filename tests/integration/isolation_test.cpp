// Pipelining isolation: 10,000 mixed statements, a tenth of them errors of every kind, end exactly alike whether they
// share four connections or run one at a time, and leave the same rows behind.
#include "tests/integration/flood.hpp"
#include "tests/integration/instance_fixture.hpp"

#include <map>
#include <random>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t count = 10'000;

const char* const schema = R"(
  create table parents (n int primary key);
  create table rows (n int primary key, v text not null check (v <> 'bad'), parent int
    references parents deferrable initially deferred);
  insert into parents values (1);
  insert into rows select i, 'old', null from generate_series(0, 9999) i where i % 4 <> 0;
  create function conflict() returns int language plpgsql as $$ begin raise sqlstate '40001'; end $$;
)";

/// Each statement touches its own row only, so that their order does not matter.
statement ordinary(std::size_t i) {
  statement s;
  s.parameters = {static_cast<std::int64_t>(i)};
  switch (i % 4) {
    case 0: s.text = "insert into rows values ($1::int, 'new')"; break;
    case 1: s.text = "update rows set v = v || $1::int::text where n = $1::int returning v"; break;
    case 2: s.text = "delete from rows where n = $1::int returning n, v"; break;
    default:
      s.text = "select n, v from rows where n = $1::int";
      s.mode = access::read;
      break;
  }
  return s;
}

constexpr std::uint32_t error_kinds = 13;

statement faulty(std::size_t i, std::uint32_t kind) {
  statement s;
  const auto n = std::to_string(i);
  switch (kind) {
    case 0: s.text = "selec " + n; break;
    case 1: s.text = "insert into parents values (1)"; break;
    case 2: s.text = "insert into rows values (" + std::to_string(100'000 + i) + ", 'orphan', 77)"; break; // At COMMIT.
    case 3:
      s.text = "select 1 / ($1::int - " + n + ")";
      s.parameters = {static_cast<std::int64_t>(i)};
      break;
    case 4: s.text = "select * from no_such_table"; break;
    case 5:
      s.text = "select $1::int";
      s.parameters = {"no number"};
      break;
    case 6: s.text = "insert into rows values (" + std::to_string(100'000 + i) + ", 'bad')"; break;
    case 7: s.text = "insert into rows values (" + std::to_string(100'000 + i) + ", null)"; break;
    case 8: s.text = "select conflict()"; break;
    case 9: s.text = "select no_such_column from rows"; break;
    case 10: s.text = "insert into rows select " + std::to_string(100'000 + i) + ", 'x' where conflict() = 1"; break;
    case 11: s.text = "vacuum no_such_table"; break;
    default: // Ended by statement_timeout.
      s.text = "insert into rows select " + std::to_string(100'000 + i) + ", 'slow' from pg_sleep(10)";
      s.timeout = 800ms;
      break;
  }
  if (kind == 3 || kind == 4 || kind == 5 || kind == 9) s.mode = i % 2 == 0 ? access::read : access::write;
  return s;
}

std::vector<flood_statement> mixture(std::uint32_t seed) {
  std::mt19937 random{seed};
  std::vector<flood_statement> out;
  for (std::size_t i = 0; i < count; ++i) {
    flood_statement x;
    // The slow ones are rare, since one at a time they take their time.
    auto kind = static_cast<std::uint32_t>(random() % error_kinds);
    if (kind == error_kinds - 1 && random() % 8 != 0) kind = 0;
    x.what = random() % 10 == 0 ? faulty(i, kind) : ordinary(i);
    x.what.format = result_format::text;
    out.push_back(std::move(x));
  }
  return out;
}

/// How a statement ended, with all that it returned.
std::string account(const statement_end& x) {
  auto out = end_text(x);
  if (!x) return out;
  out += ' ' + std::string{x->command_tag()};
  for (std::size_t r = 0; r < x->size(); ++r)
    for (std::size_t c = 0; c < x->columns(); ++c) out += '|' + std::string{x->raw(r, c).value_or("null")};
  return out;
}

/// A busy machine decides whether the server's word on a late statement comes in time, or it is in doubt. That it left
/// nothing shows in the rows.
bool are_equal(const std::string& x, const std::string& y) {
  return x == y || (x.ends_with(" deadline") && y.ends_with(" deadline"));
}

struct run_result {
  std::vector<std::string> ends;
  std::string rows;
};

run_result run_all(std::size_t connections, std::size_t window, std::uint32_t seed) {
  test_database home;
  home.sql(schema);
  running_instance on{home, {.adjust = [&](options& o) {
                        o.pools.resize(1);
                        auto& p = o.pools[0];
                        p.connections_min = p.connections_max = connections;
                        p.queue_max = 1000;
                        p.codel_interval = 1h;
                      }}};
  REQUIRE(on.wait_until_writable(10s));
  home.sql("drop table if exists proof");
  const auto ends = run_flood(on.system(), on.delegate(), mixture(seed), window, 120s);
  REQUIRE(ends);
  run_result out;
  for (const auto& x : *ends) out.ends.push_back(account(x));
  out.rows = home.value("select count(*) || ' ' || md5(string_agg(n || v, ',' order by n)) from rows");
  return out;
}

} // namespace

TEST_CASE("10,000 mixed statements over four connections end exactly as one at a time", "[isolation]") {
  constexpr std::uint32_t seed = 4711;
  const auto alone = run_all(1, 1, seed);
  const auto together = run_all(4, 64, seed);
  REQUIRE(alone.ends.size() == count);
  REQUIRE(together.ends.size() == count);
  std::size_t different = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (are_equal(alone.ends[i], together.ends[i])) continue;
    if (++different <= 10) UNSCOPED_INFO(i << ": alone " << alone.ends[i] << ", together " << together.ends[i]);
  }
  CHECK(different == 0);
  CHECK(alone.rows == together.rows);
  std::map<std::string, int> kinds;
  for (const auto& x : alone.ends)
    if (!x.starts_with("done")) ++kinds[x];
  for (const auto& [kind, n] : kinds) UNSCOPED_INFO(kind << ": " << n);
  int errors = 0;
  for (const auto& x : kinds) errors += x.second;
  CHECK(errors > 850);
  CHECK(errors < 1150);
  for (const char* sqlstate :
       {"42601", "23505", "23503", "22012", "42P01", "22P02", "23514", "23502", "40001", "42703", "57014"}) {
    const auto met = std::any_of(kinds.begin(), kinds.end(),
                                 [&](const auto& x) { return x.first.find(sqlstate) != std::string::npos; });
    CAPTURE(sqlstate);
    CHECK(met);
  }
}
