// Promises of the probe's reader: it takes what servers send, and complains about anything else.
#include "tripool/core/health/probe.hpp"

#include "tests/support/catch.hpp"

using namespace tripool;
using namespace std::chrono_literals;

namespace {

using row_cells = std::vector<owned_result::cell>;

result probe_row(row_cells cells) {
  std::vector<owned_result::column> columns(cells.size());
  std::vector<row_cells> rows;
  rows.push_back(std::move(cells));
  return result{std::make_shared<owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

const row_cells primary_cells{"f", "f", "3", "50595504", "7711441044157366309", "0", std::nullopt};
const row_cells standby_cells{"t", "t", "3", "50595504", "7711441044157366309", "1.250000", "t"};

bool contains(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("probe: a primary's row", "[health][probe]") {
  const auto x = parse_probe(probe_row(primary_cells));
  REQUIRE(x);
  CHECK(x->role == server_role::primary);
  CHECK_FALSE(x->read_only);
  CHECK(x->timeline == 3u);
  CHECK(x->wal_position == 50595504u);
  CHECK(x->system_identifier == 7711441044157366309u);
  CHECK_FALSE(x->replay_lag);
  CHECK_FALSE(x->receiving);
}

TEST_CASE("probe: a standby's row", "[health][probe]") {
  const auto x = parse_probe(probe_row(standby_cells));
  REQUIRE(x);
  CHECK(x->role == server_role::standby);
  CHECK(x->read_only);
  CHECK(x->replay_lag == duration{1250ms});
  CHECK(x->receiving == true);
}

TEST_CASE("probe: what a role may not see is unknown, not an error", "[health][probe]") {
  const auto x = parse_probe(probe_row({"t", "t", {}, {}, {}, {}, {}}));
  REQUIRE(x);
  CHECK(x->role == server_role::standby);
  CHECK_FALSE(x->timeline);
  CHECK_FALSE(x->system_identifier);
  CHECK_FALSE(x->replay_lag);
}

TEST_CASE("probe: positions and identifiers use all 64 bits", "[health][probe]") {
  auto cells = primary_cells;
  cells[3] = "18446744073709551615";
  CHECK(parse_probe(probe_row(cells))->wal_position == UINT64_MAX);
  cells[3] = "18446744073709551616";
  CHECK_FALSE(parse_probe(probe_row(cells)));
}

TEST_CASE("probe: anything else is named", "[health][probe]") {
  CHECK_FALSE(parse_probe(result{}));
  CHECK_FALSE(parse_probe(probe_row({"t"})));
  const std::vector<std::pair<std::size_t, owned_result::cell>> wrong{
    {0, std::nullopt}, {0, "true"}, {1, std::nullopt}, {1, ""},    {2, "-1"},    {2, "0x1"}, {3, "12 "},
    {4, "abc"},        {4, ""},     {5, "soon"},       {5, "nan"}, {5, "1e400"}, {6, "yes"},
  };
  for (const auto& [column, cell] : wrong) {
    auto cells = standby_cells;
    cells[column] = cell;
    const auto x = parse_probe(probe_row(cells));
    INFO(column << ": " << cell.value_or("NULL"));
    REQUIRE_FALSE(x);
    CHECK(contains(x.error(), "not understood"));
  }
}

TEST_CASE("probe: a lag that clocks make negative or absurd stays in range", "[health][probe]") {
  auto cells = standby_cells;
  cells[5] = "-3";
  CHECK(parse_probe(probe_row(cells))->replay_lag == duration{0});
  cells[5] = "1e300";
  CHECK(parse_probe(probe_row(cells))->replay_lag > duration{1000h});
}

TEST_CASE("probe: it is one read without parameters", "[health][probe]") {
  const auto s = probe_statement();
  CHECK(s.mode == access::read);
  CHECK(s.parameters.empty());
  CHECK(s.text.find(';') == std::string::npos);
  CHECK(s.text.find('$') == std::string::npos);
}
