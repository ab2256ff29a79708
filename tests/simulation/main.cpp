// tripool-sim: runs simulated histories by their seeds, and prints the history of each that breaks a promise.
//   tripool-sim --seed 7 --verbose        one history, printed
//   tripool-sim --seeds 1..200            these
//   tripool-sim --for 60                  fresh ones for so many seconds, after --seeds if both are given
//   tripool-sim --mutation NAME --seeds 1..500 --failures 1     whether a deliberate breakage is seen, and how soon
// Knows only the simulation.
#include "tests/simulation/simulation.hpp"

#include "tripool/core/util/mutation.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>

namespace {

using tripool::test::sim_profile;
using tripool::test::sim_report;

/// The seed that runs, for the last words of an assertion.
volatile std::sig_atomic_t seed_now = 0;

extern "C" void last_words(int) {
  std::fprintf(stderr, "an assertion failed at --seed %ld\n", static_cast<long>(seed_now));
}

/// What is wanted.
struct wishes {
  std::uint64_t seed = 0;
  std::string range;
  std::string file;
  std::string profile = "mixed";
  std::string mutation;
  double seconds = 0;
  std::size_t failures_max = 5;
  bool verbose = false;
  bool twice = false;
  bool list_mutations = false;
  bool all_ways = false;
  sim_profile kind = sim_profile::mixed;
};

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

sim_report history_of(std::uint64_t seed, const wishes& w) {
  seed_now = static_cast<std::sig_atomic_t>(seed);
  tripool::test::simulation history{seed, w.kind};
  return history.run();
}

void run_one(std::uint64_t seed, const wishes& w, totals& all) {
  auto x = history_of(seed, w);
  if (w.twice && history_of(seed, w).history != x.history) x.broken.emplace_back("the same seed gave two histories");
  ++all.histories;
  all.simulated_seconds += std::chrono::duration<double>(x.simulated).count();
  all.sum.requests += x.requests;
  all.sum.done += x.done;
  all.sum.not_executed += x.not_executed;
  all.sum.rejected += x.rejected;
  all.sum.in_doubt += x.in_doubt;
  all.sum.lost_by_server += x.lost_by_server;
  all.sum.ladder.falls += x.ladder.falls;
  all.sum.ladder.returns += x.ladder.returns;
  all.sum.ladder.accepted += x.ladder.accepted;
  all.sum.traffic += x.traffic;
  if (w.verbose || (!x.broken.empty() && w.mutation.empty())) print(x.history);
  if (x.broken.empty()) return;
  all.failed.push_back(seed);
  const auto n = static_cast<unsigned long long>(seed);
  const auto profile = w.kind == sim_profile::mixed ? std::string{} : " --profile " + w.profile;
  std::printf("seed %llu breaks promises; replay: tripool-sim --seed %llu%s --verbose\n", n, n, profile.c_str());
  print(x.broken);
  std::fflush(stdout);
}

void print_traffic(const tripool::test::sim_traffic& x) {
  const auto n = [](std::uint64_t y) { return static_cast<unsigned long long>(y); };
  std::printf("%llu statements had a Sync alone, %llu a block of their own, %llu shared a block of reads\n", n(x.alone),
              n(x.frames), n(x.reads));
  std::printf("%llu Syncs ended several blocks, %llu a block of reads; an error broke off %llu and %llu\n", n(x.framed),
              n(x.shared), n(x.framed_broken), n(x.shared_broken));
}

/// Whether each way of sharing a Sync has occurred, also broken off.
bool all_ways(const tripool::test::sim_traffic& x) {
  return x.alone > 0 && x.framed > 0 && x.shared > 0 && x.framed_broken > 0 && x.shared_broken > 0;
}

void print_totals(const totals& all, double wall_seconds) {
  const auto& s = all.sum;
  const auto hours = all.simulated_seconds / 3600;
  const auto cpu_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::printf("%zu histories, %zu failed; %.1f simulated hours in %.1f s, %.1f s of them on a core: "
              "%.2f hours a second of a core\n",
              all.histories, all.failed.size(), hours, wall_seconds, cpu_seconds, hours / std::max(cpu_seconds, 1e-9));
  std::printf("%zu requests: %zu done, %zu not executed, %zu rejected, %zu in doubt; %zu lost by a promotion\n",
              s.requests, s.done, s.not_executed, s.rejected, s.in_doubt, s.lost_by_server);
  std::printf("the simple pool took over %llu times, %llu times back, and had %llu requests\n",
              static_cast<unsigned long long>(s.ladder.falls), static_cast<unsigned long long>(s.ladder.returns),
              static_cast<unsigned long long>(s.ladder.accepted));
  print_traffic(s.traffic);
  for (const auto seed : all.failed) std::printf("failed: --seed %llu\n", static_cast<unsigned long long>(seed));
}

/// Puts a mutation in force; false when there is none of that name, or none at all in this build.
bool mutate(const std::string& name) {
  if (name.empty()) return true;
  for (const auto& x : tripool::all_mutations) {
    if (x.name != name) continue;
#ifdef TRIPOOL_MUTATIONS
    tripool::mutation_in_force = x.what;
    return true;
#endif
  }
  return false;
}

/// The seeds of a file, one at the beginning of each line; what stands behind it is for people. False: no such file.
bool read_file(const std::string& file, std::vector<std::uint64_t>& seeds) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() >= '0' && line.front() <= '9')
      seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
  return in.eof();
}

bool read(const wishes& w, std::vector<std::uint64_t>& seeds) {
  if (!w.file.empty() && !read_file(w.file, seeds)) {
    std::fprintf(stderr, "--seeds-of: %s cannot be read\n", w.file.c_str());
    return false;
  }
  if (w.range.empty()) return true;
  unsigned long long from = 0;
  unsigned long long to = 0;
  if (std::sscanf(w.range.c_str(), "%llu..%llu", &from, &to) != 2 || to < from) {
    std::fprintf(stderr, "--seeds: expected FROM..TO, for example 1..200, not %s\n", w.range.c_str());
    return false;
  }
  for (auto i = from; i <= to; ++i) seeds.push_back(i);
  return true;
}

void add_options(CLI::App& app, wishes& w) {
  app.add_option("--seeds", w.range, "Runs these: FROM..TO");
  app.add_option("--seeds-of", w.file, "Runs those that a file lists, one at the beginning of each line");
  app.add_option("--for", w.seconds, "Runs fresh seeds for so many seconds");
  app.add_option("--failures", w.failures_max, "Stops after so many failures");
  app.add_option("--profile", w.profile, "mixed (as it is checked), light, heavy or calm (heavy without faults)");
  app.add_option("--mutation", w.mutation, "Puts a deliberate breakage in force; histories are not printed");
  app.add_flag("--list-mutations", w.list_mutations, "Prints the deliberate breakages");
  app.add_flag("--twice", w.twice, "Runs every history twice, and fails when the two differ");
  app.add_flag("--all-ways", w.all_ways, "Fails unless statements shared a Sync in every way that there is");
  app.add_flag("--verbose", w.verbose, "Prints every history");
}

} // namespace

int main(int argc, char* argv[]) {
  CLI::App app{"Runs simulated histories of Tripool by their seeds."};
  wishes w;
  auto* one = app.add_option("--seed", w.seed, "Runs this one");
  add_options(app, w);
  CLI11_PARSE(app, argc, argv);

  if (w.list_mutations) {
    for (const auto& x : tripool::all_mutations) std::printf("%s\n", std::string{x.name}.c_str());
    return 0;
  }
  if (!tripool::test::read_profile(w.profile, w.kind)) {
    std::fprintf(stderr, "--profile: expected mixed, light, heavy or calm, not %s\n", w.profile.c_str());
    return 2;
  }
  if (!mutate(w.mutation)) {
    std::fprintf(stderr, "--mutation: %s is none of --list-mutations, or this build has none (TRIPOOL_MUTATIONS=ON)\n",
                 w.mutation.c_str());
    return 2;
  }
  std::vector<std::uint64_t> seeds;
  if (!read(w, seeds)) return 2;
  if (one->count() > 0) seeds.push_back(w.seed);
  std::signal(SIGABRT, last_words);

  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
  totals all;
  for (std::size_t i = 0; i < seeds.size() && all.failed.size() < w.failures_max; ++i) run_one(seeds[i], w, all);
  std::random_device fresh;
  const auto until = spent() + w.seconds;
  while (spent() < until && all.failed.size() < w.failures_max) run_one(fresh(), w, all);
  print_totals(all, spent());
  if (w.all_ways && !all_ways(all.sum.traffic)) {
    std::fprintf(stderr, "--all-ways: a way of sharing a Sync did not occur\n");
    return 1;
  }
  return all.failed.empty() && all.histories > 0 ? 0 : 1;
}
