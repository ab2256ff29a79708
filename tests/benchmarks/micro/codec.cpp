// Micro benchmarks of the codecs: what it costs to read a result's values and to write a parameter's.
#include "tripool/core/codec/all.hpp"
#include "tripool/core/result/row.hpp"
#include "tripool/core/statement/parameter.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tripool {

namespace {

/// One row of an int4, an int8, a text and a timestamptz, in binary.
result make_row() {
  const auto bytes = [](std::initializer_list<int> x) {
    std::string out;
    for (const int b : x) out.push_back(static_cast<char>(b));
    return out;
  };
  using column = owned_result::column;
  std::vector<column> columns{{"a", 23, result_format::binary},
                              {"b", 20, result_format::binary},
                              {"c", 25, result_format::binary},
                              {"d", 1184, result_format::binary}};
  std::vector<owned_result::cell> cells{bytes({0, 0, 0, 42}), bytes({0, 0, 0, 0, 0, 0, 1, 0}), std::string(84, 'x'),
                                        bytes({0, 2, 0, 0, 0, 0, 1, 0})};
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back(std::move(cells));
  return result{std::make_shared<const owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

void decode_int(benchmark::State& state) {
  const auto x = make_row();
  for (auto _ : state) benchmark::DoNotOptimize(x[0].get<std::int64_t>(0));
}
BENCHMARK(decode_int);

void decode_row(benchmark::State& state) {
  const auto x = make_row();
  for (auto _ : state)
    benchmark::DoNotOptimize(
      (x[0].as<std::tuple<std::int32_t, std::int64_t, std::string_view, std::chrono::system_clock::time_point>>()));
}
BENCHMARK(decode_row);

void encode_int(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parameter{std::int64_t{42}});
}
BENCHMARK(encode_int);

void encode_time(benchmark::State& state) {
  const std::chrono::sys_days day{std::chrono::year{2024} / 2 / 29};
  for (auto _ : state) benchmark::DoNotOptimize(parameter{day});
}
BENCHMARK(encode_time);

void encode_array(benchmark::State& state) {
  const std::vector<std::int32_t> all(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state) benchmark::DoNotOptimize(parameter{all});
}
BENCHMARK(encode_array)->Arg(10)->Arg(1000);

} // namespace

} // namespace tripool
