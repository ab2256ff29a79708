// The executable `tripool`: reads the command line and runs one command.
#include "service/app/standard_streams.hpp"
#include "service/commands/commands.hpp"

#include "tripool/core/config/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace {

constexpr int wrong_usage = 2;
constexpr std::array<std::string_view, 5> commands{"bench", "check-config", "demo", "pipe", "serve"};

/// Says what is wrong with the command line, or prints what was asked for, such as the help. Returns the exit code.
int explain(CLI::App& app, const CLI::ParseError& e) {
  // The parser would only say that a command is missing.
  const auto rest = app.remaining();
  if (e.get_exit_code() != 0 && app.get_subcommands().empty() && !rest.empty()) {
    const auto& word = rest.front();
    std::fprintf(stderr, "tripool: there is no %s %s%s\nRun with --help for more information.\n",
                 word.starts_with('-') ? "option" : "command", word.c_str(),
                 tripool::did_you_mean(word, commands).c_str());
    return wrong_usage;
  }
  const int code = app.exit(e);
  return tripool::service::finish_output(code == 0 ? 0 : wrong_usage);
}

int run(int argc, char** argv) {
  using namespace tripool::service;
  CLI::App app{"Tripool: asynchronous access to PostgreSQL through three supervised pools"};
  app.set_version_flag("--version", std::string{"tripool "} + TRIPOOL_VERSION);
  app.require_subcommand(1);
  std::string file;
  std::string log_level;
  demo_options demo_opts;

  auto* check = app.add_subcommand("check-config", "Read a configuration file and say what is wrong with it");
  check->add_option("FILE", file, "The configuration file")->required();

  const std::string levels = "trace, debug, info, warn, error or off; default: what the configuration says";
  const auto level = CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"});
  auto* pipe = app.add_subcommand("pipe", "Answer JSON lines from standard input on standard output");
  pipe->add_option("--config", file, "The configuration file")->required();
  pipe->add_option("--log-level", log_level, levels)->check(level);

  auto* serving = app.add_subcommand("serve", "Run the pools until SIGINT or SIGTERM");
  serving->add_option("--config", file, "The configuration file")->required();
  serving->add_option("--log-level", log_level, levels)->check(level);

  bench_options bench_opts;
  auto* bench = app.add_subcommand("bench", "Measure one pool; every answer is checked");
  bench->add_option("--dsn", bench_opts.dsn, "Connection string of a server with the tables of pgbench -i")->required();
  bench->add_option("--connections", bench_opts.connections, "1 to 1000 (default 10)")->check(CLI::Range(1, 1000));
  bench->add_option("--callers", bench_opts.callers, "1 to 100000 (default 64)")->check(CLI::Range(1, 100000));
  bench->add_option("--seconds", bench_opts.seconds, "0.1 to 3600 (default 5)")->check(CLI::Range(0.1, 3600.0));
  bench->add_option("--workload", bench_opts.workload, "default point")
    ->check(CLI::IsMember({"select1", "point", "update", "rows1000", "tx", "mixed"}));
  bench->add_option("--callers-on", bench_opts.callers_on, "default loop")->check(CLI::IsMember({"loop", "scheduler"}));
  bench
    ->add_option("--rate", bench_opts.rate,
                 "Open loop: arrivals per second, timed from when each is due (default: none)")
    ->check(CLI::Range(0.1, 10e6));
  bench->add_flag("--write", bench_opts.write, "Declare reads as writes: each its own transaction");
  bench->add_flag("--json", bench_opts.json, "One line of JSON");

  auto* show = app.add_subcommand("demo", "Make a private PostgreSQL, crash it under load, show what happens");
  show->add_flag("--serve", demo_opts.serve, "Keep serving instead of running the demonstration");
  show->add_option("--seconds", demo_opts.seconds, "Length of the workload, 3 to 600 (default 12)")
    ->check(CLI::Range(3.0, 600.0));
  show->add_option("--state-directory", demo_opts.state_directory, "Where the private PostgreSQL lives while it runs");
  show->add_option("--log-level", demo_opts.log_level, levels)->check(level);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return explain(app, e);
  }
  if (*check) return check_config(file);
  if (*pipe) return run_pipe(file, log_level);
  if (*serving) return serve(file, log_level);
  if (*bench) return run_bench(bench_opts);
  return demo(demo_opts);
}

} // namespace

int main(int argc, char** argv) {
  tripool::service::fill_standard_descriptors();
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tripool: %s\n", e.what());
    return 1;
  }
}
