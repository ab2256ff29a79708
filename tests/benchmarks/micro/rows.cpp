// Micro benchmarks of reading whole results: 1,000 rows of 4 columns that lie in a PGresult, all decoded, as
// `tripool bench --workload rows1000` gets them; and what the raw peer's loop pays for the same values.
#include "tests/benchmarks/raw/task.hpp"
#include "tripool/core/postgres/detail/results.hpp"
#include "tripool/core/result/row.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tripool {

namespace {

constexpr int row_count = 1000;
constexpr std::int64_t first_account = 1;

postgres::result_handle make_rows() {
  const auto int4 = [](int x) {
    std::string out;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>(static_cast<unsigned>(x) >> shift));
    return out;
  };
  std::array<std::string, 4> names{"aid", "bid", "abalance", "filler"};
  std::array<PGresAttDesc, 4> columns{};
  for (std::size_t i = 0; i < columns.size(); ++i)
    columns[i] = {names[i].data(), 0, 0, 1, i == 3 ? Oid{1042} : Oid{23}, -1, -1};
  postgres::result_handle out{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
  PQsetResultAttrs(out.get(), 4, columns.data());
  for (int i = 0; i < row_count; ++i) {
    std::array<std::string, 4> cells{int4(i + 1), int4(1), int4(-i), std::string(84, ' ')};
    for (int c = 0; c < 4; ++c) {
      auto& x = cells[static_cast<std::size_t>(c)];
      PQsetvalue(out.get(), i, c, x.data(), static_cast<int>(x.size()));
    }
  }
  return out;
}

result make_result() {
  return result{std::make_shared<const postgres::libpq_result>(make_rows())};
}

void decode_1000_rows_raw(benchmark::State& state) {
  const auto rows = make_rows();
  const auto plan = raw::plan_for("rows1000").value();
  raw::caller who{1};
  who.account = first_account;
  for (auto _ : state) {
    bool right = raw::is_right(plan, 0, who, rows.get());
    if (!right) state.SkipWithError("wrong rows");
    benchmark::DoNotOptimize(right);
  }
}
BENCHMARK(decode_1000_rows_raw);

void decode_1000_rows_by_value(benchmark::State& state) {
  const auto x = make_result();
  for (auto _ : state) {
    std::int64_t next = first_account;
    bool right = true;
    for (const auto row : x) {
      const auto aid = row.get<std::int64_t>(0);
      const auto bid = row.get<std::int32_t>(1);
      const auto balance = row.get<std::int32_t>(2);
      const auto filler = row.get<std::string_view>(3);
      if (!aid || !bid || !balance || !filler || *aid != next++) right = false;
    }
    if (!right) state.SkipWithError("wrong rows");
  }
}
BENCHMARK(decode_1000_rows_by_value);

void decode_1000_rows_as_tuples(benchmark::State& state) {
  const auto x = make_result();
  for (auto _ : state) {
    std::int64_t next = first_account;
    bool right = true;
    for (const auto row : x) {
      const auto all = row.as<std::tuple<std::int64_t, std::int32_t, std::int32_t, std::string_view>>();
      if (!all || std::get<0>(*all) != next++) right = false;
    }
    if (!right) state.SkipWithError("wrong rows");
  }
}
BENCHMARK(decode_1000_rows_as_tuples);

struct account {
  std::int64_t aid = 0;
  std::int32_t bid = 0;
  std::int32_t balance = 0;
  std::string filler;
};

void decode_1000_rows_to_structs(benchmark::State& state) {
  const auto x = make_result();
  for (auto _ : state) {
    const auto all = x.all<account>();
    if (!all || all->size() != row_count) state.SkipWithError("wrong rows");
    benchmark::DoNotOptimize(all);
  }
}
BENCHMARK(decode_1000_rows_to_structs);

} // namespace

} // namespace tripool
