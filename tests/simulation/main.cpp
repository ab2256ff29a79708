// tripool-sim: runs simulated histories by their seeds, and prints the history of each that breaks a promise.
//   tripool-sim --seed 7 --verbose        one history, printed
//   tripool-sim --seeds 1..200            these
//   tripool-sim --for 60                  fresh ones for so many seconds, after --seeds if both are given
// Knows only the simulation.
#include "tests/simulation/simulation.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

using tripool::test::sim_report;

/// What all histories came to.
struct totals {
  std::size_t histories = 0;
  std::vector<std::uint64_t> failed;
  double simulated_seconds = 0;
  sim_report sum;
};

void print(const std::vector<std::string>& lines) {
  for (const auto& x : lines) std::printf("  %s\n", x.c_str());
}

void run_one(std::uint64_t seed, bool verbose, totals& all) {
  tripool::test::simulation history{seed};
  const auto x = history.run();
  ++all.histories;
  all.simulated_seconds += std::chrono::duration<double>(x.simulated).count();
  all.sum.requests += x.requests;
  all.sum.done += x.done;
  all.sum.not_executed += x.not_executed;
  all.sum.rejected += x.rejected;
  all.sum.in_doubt += x.in_doubt;
  all.sum.lost_by_server += x.lost_by_server;
  if (verbose || !x.broken.empty()) print(x.history);
  if (x.broken.empty()) return;
  all.failed.push_back(seed);
  const auto n = static_cast<unsigned long long>(seed);
  std::printf("seed %llu breaks promises; replay: tripool-sim --seed %llu --verbose\n", n, n);
  print(x.broken);
  std::fflush(stdout);
}

void print_totals(const totals& all, double wall_seconds) {
  const auto& s = all.sum;
  std::printf("%zu histories, %zu failed; %.1f simulated hours in %.1f s: %.2f hours a second\n", all.histories,
              all.failed.size(), all.simulated_seconds / 3600, wall_seconds,
              all.simulated_seconds / 3600 / std::max(wall_seconds, 1e-9));
  std::printf("%zu requests: %zu done, %zu not executed, %zu rejected, %zu in doubt; %zu lost by a promotion\n",
              s.requests, s.done, s.not_executed, s.rejected, s.in_doubt, s.lost_by_server);
  for (const auto seed : all.failed) std::printf("failed: --seed %llu\n", static_cast<unsigned long long>(seed));
}

} // namespace

int main(int argc, char* argv[]) {
  CLI::App app{"Runs simulated histories of Tripool by their seeds."};
  std::uint64_t seed = 0;
  std::string range;
  double seconds = 0;
  std::size_t failures_max = 5;
  bool verbose = false;
  auto* one = app.add_option("--seed", seed, "Runs this one");
  app.add_option("--seeds", range, "Runs these: FROM..TO");
  app.add_option("--for", seconds, "Runs fresh seeds for so many seconds");
  app.add_option("--failures", failures_max, "Stops after so many failures");
  app.add_flag("--verbose", verbose, "Prints every history");
  CLI11_PARSE(app, argc, argv);

  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
  totals all;
  if (one->count() > 0) run_one(seed, verbose, all);
  if (!range.empty()) {
    unsigned long long from = 0;
    unsigned long long to = 0;
    if (std::sscanf(range.c_str(), "%llu..%llu", &from, &to) != 2 || to < from) {
      std::fprintf(stderr, "--seeds: expected FROM..TO, for example 1..200, not %s\n", range.c_str());
      return 2;
    }
    for (auto i = from; i <= to && all.failed.size() < failures_max; ++i) run_one(i, verbose, all);
  }
  std::random_device fresh;
  const auto until = spent() + seconds;
  while (spent() < until && all.failed.size() < failures_max) run_one(fresh(), verbose, all);
  print_totals(all, spent());
  return all.failed.empty() && all.histories > 0 ? 0 : 1;
}
