// The program behind tests/benchmarks/comparison/bars.py: one measurement a call, one line of JSON.
#include "service/commands/validators.hpp"
#include "tests/benchmarks/bars/measures.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  using namespace tripool;
  CLI::App app{"Measurements for the table of bars"};
  app.require_subcommand(1);
  std::string dsn;
  std::string file;
  std::string table;
  std::size_t connections = 20;
  std::size_t requests = 10'000;
  std::size_t rounds = 15;
  double seconds = 30;

  auto* memory = app.add_subcommand("memory", "Resident memory with many requests in the queue");
  memory->add_option("--dsn", dsn)->required();
  memory->add_option("--connections", connections)->check(CLI::Range(1, 200));
  memory->add_option("--requests", requests)->check(CLI::Range(1, 1'000'000));

  auto* idle = app.add_subcommand("idle", "Processor time of three pools at rest");
  idle->add_option("--dsn", dsn)->required();
  idle->add_option("--seconds", seconds)->check(tripool::service::number_within(1, 3600));

  auto* copy = app.add_subcommand("copy", "COPY in from a file");
  copy->add_option("--dsn", dsn)->required();
  copy->add_option("--file", file)->required()->check(CLI::ExistingFile);
  copy->add_option("--table", table)->required();

  auto* crash = app.add_subcommand("crash", "From a server's crash to the answer of another");
  crash->add_option("--rounds", rounds)->check(CLI::Range(1, 1000));

  CLI11_PARSE(app, argc, argv);
  if (*memory) return bars::memory(dsn, connections, requests);
  if (*idle) return bars::idle(dsn, seconds);
  if (*copy) return bars::copy_in(dsn, file, table);
  return bars::crash(rounds);
}
