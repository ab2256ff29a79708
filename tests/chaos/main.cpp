// `tripool-chaos`: plays scenarios on a real cluster and says for each run what was counted and measured. Ends with 0
// when every run held, with 1 when one did not. A server that a scenario broke is replaced by a new cluster.
// Knows no scenario's inside. Used by people, ctest and ./check.
#include "tests/chaos/private_network.hpp"
#include "tests/chaos/soak.hpp"
#include "tests/chaos/stage.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

using namespace tripool;
using namespace tripool::chaos;

namespace {

struct choice {
  std::vector<std::string> names;
  bool list = false;
  bool fast = false;
  bool json = false;
  unsigned runs = 1;
  std::uint64_t soak_seconds = 0;
  std::uint64_t seed = 1;
};

/// Whether it is as it was made: node0 the primary with default settings, and both others stream from it.
bool is_intact(cluster::private_cluster& x) {
  if (x.primary() != 0) return false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x.state(i) != cluster::member_state::running) return false;
    const auto answer = x.value(i, "select pg_is_in_recovery()");
    if (!answer || *answer != (i == 0 ? "f" : "t")) return false;
    if (i > 0 && !x.wait_until_streaming(i)) return false;
  }
  const auto sync = x.value(0, "select current_setting('synchronous_standby_names') = ''");
  const auto writable = x.value(0, "show default_transaction_read_only");
  return sync && *sync == "t" && writable && *writable == "off";
}

/// Why this machine cannot play it, or nothing.
std::string obstacle(const scenario& x) {
  switch (x.needs) {
    case need::nothing: return {};
    case need::private_network: return why_no_private_network();
    case need::packet_filter: return why_no_packet_filter();
  }
  return {};
}

report run(const scenario& x, std::optional<cluster::private_cluster>& servers, std::uint64_t seed) {
  report out;
  out.skipped = obstacle(x);
  if (!out.skipped.empty()) return out;
  try {
    if (servers && !is_intact(*servers)) servers.reset();
    if (!servers) servers.emplace(must(cluster::private_cluster::start()));
    chaos::stage s{*servers, x.how, seed};
    try {
      x.play(s);
    } catch (const stage_error& e) {
      s.result().problem = e.what();
    }
    out = s.result();
  } catch (const stage_error& e) {
    out.problem = e.what();
  }
  return out;
}

void print_text(const scenario& x, unsigned n, const report& r) {
  if (!r.skipped.empty()) {
    std::printf("skipped row %2d %-24s %s\n", x.row, x.name.c_str(), r.skipped.c_str());
    return;
  }
  std::printf("%-6s row %2d %-24s run %u:", r.holds() ? "held" : "BROKEN", x.row, x.name.c_str(), n);
  for (const auto& m : r.measures)
    std::printf(" %s %.1f %s(bar %.0f);", m.what.c_str(), m.value, m.unit.empty() ? "" : "ms ", m.bar);
  std::printf("\n       %s\n", r.problem.empty() ? test::to_string(r.account).c_str() : r.problem.c_str());
  std::fflush(stdout);
}

void print_json(const scenario& x, unsigned n, const report& r) {
  const auto& a = r.account;
  nlohmann::json out{{"row", x.row}, {"scenario", x.name}, {"run", n}, {"held", r.holds()}};
  if (!r.problem.empty()) out["problem"] = r.problem;
  if (!r.skipped.empty()) out["skipped"] = r.skipped;
  out["counters"] = {{"lost", a.lost}, {"duplicate", a.duplicate},   {"phantom", a.phantom},        {"torn", a.torn},
                     {"late", a.late}, {"unanswered", a.unanswered}, {"misreported", a.misreported}};
  out["requests"] = {{"done", a.of(outcome::done)},
                     {"not_executed", a.of(outcome::not_executed)},
                     {"rejected", a.of(outcome::rejected)},
                     {"in_doubt", a.of(outcome::in_doubt)}};
  for (const auto& m : r.measures)
    out["measures"].push_back({{"what", m.what}, {"value", m.value}, {"bar", m.bar}, {"unit", m.unit}});
  std::printf("%s\n", out.dump().c_str());
  std::fflush(stdout);
}

bool is_named(const choice& what, const scenario& x) {
  return what.names.empty() || std::ranges::find(what.names, x.name) != what.names.end();
}

int play(const choice& what) {
  std::optional<cluster::private_cluster> servers;
  unsigned played = 0;
  unsigned broken = 0;
  unsigned skipped = 0;
  for (const auto& x : all_scenarios()) {
    if ((what.fast && !x.fast) || !is_named(what, x)) continue;
    if (what.list) std::printf("%2d  %s%s\n", x.row, x.name.c_str(), x.fast ? "  (fast)" : "");
    for (unsigned n = 1; n <= what.runs && !what.list; ++n) {
      const auto r = run(x, servers, what.seed + n - 1);
      (what.json ? print_json : print_text)(x, n, r);
      if (!r.skipped.empty()) {
        ++skipped;
        break;
      }
      ++played;
      if (!r.holds()) ++broken;
    }
  }
  if (what.list) return 0;
  if (!what.json) std::printf("%u runs, %u broken, %u scenarios skipped\n", played, broken, skipped);
  return played + skipped == 0 || broken > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  choice what;
  CLI::App app{"Plays faults on a real PostgreSQL cluster behind fault proxies, and checks Tripool's promises.",
               "tripool-chaos"};
  app.add_option("--scenario", what.names, "Only the scenarios of these names");
  app.add_flag("--list", what.list, "Names the scenarios and ends");
  app.add_flag("--fast", what.fast, "Only those that take a few seconds");
  app.add_flag("--json", what.json, "One JSON object a line for each run");
  app.add_option("--runs", what.runs, "Runs of each scenario")->check(CLI::Range(1u, 1000u));
  app.add_option("--seed", what.seed, "Of the faults and of Tripool's own random choices");
  const std::map<std::string, std::uint64_t> units{{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};
  app.add_option("--soak", what.soak_seconds, "No scenario: mixed load and random faults for so long, for example 10m")
    ->transform(CLI::AsNumberWithUnit(units));
  CLI11_PARSE(app, argc, argv);
  if (!what.list) enter_private_network(); // Before there is any thread.
  if (what.soak_seconds > 0) return soak(std::chrono::seconds{what.soak_seconds}, what.seed) ? 0 : 1;
  return play(what);
}
