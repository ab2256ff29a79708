// The executable `tripool`: reads the command line and runs one command.
#include "service/app/standard_streams.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/listen.hpp"
#include "service/commands/operate.hpp"
#include "service/commands/validators.hpp"

#include "tripool/core/config/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace {

using tripool::service::help_examples;
using tripool::service::not_empty;

constexpr int wrong_usage = 2;
constexpr std::array<std::string_view, 12> commands{"bench", "check-config", "control", "demo",   "doctor", "events",
                                                    "pipe",  "query",        "serve",   "status", "tokens", "top"};

/// `tripool tokens`, with what it can be told.
struct tokens_command {
  CLI::App* self = nullptr;
  CLI::App* create = nullptr;
  std::string file;
  std::uint32_t days = 7;
  std::uint32_t rows_max = 100'000;

  explicit tokens_command(CLI::App& app)
    : self(app.add_subcommand("tokens", "Make or clean the table for writes that take effect exactly once")),
      create(self->add_subcommand("create", "Make the table tripool.tokens where it does not exist")) {
    self->require_subcommand(1);
    create->add_option("--config", file, "The configuration file")->required();
    create->footer(help_examples("  tripool tokens create --config /etc/tripool/tripool.conf"));
    auto* clean = self->add_subcommand("clean", "Delete old tokens: their writes can then be applied again");
    clean->add_option("--config", file, "The configuration file")->required();
    clean->add_option("--days", days, "Older than so many days, 1 to 36500 (default 7)")->check(CLI::Range(1, 36500));
    clean->add_option("--rows", rows_max, "At most so many, oldest first (default 100000)")
      ->check(CLI::Range(1, 10'000'000));
    clean->footer(help_examples("  tripool tokens clean --config /etc/tripool/tripool.conf --days 30"));
    self->footer(help_examples("  tripool tokens create --config /etc/tripool/tripool.conf\n"
                               "  tripool tokens clean --config /etc/tripool/tripool.conf --days 30"));
  }

  int run() const {
    return *create ? tripool::service::make_token_table(file)
                   : tripool::service::delete_old_tokens(file, days, rows_max);
  }
};

/// `tripool serve`, with what it can be told.
struct serve_command {
  CLI::App* self = nullptr;
  std::string file;
  std::string log_level;
  tripool::service::serve_http_options http;
  tripool::service::listen_arguments listen;

  serve_command(CLI::App& app, const std::string& levels, const CLI::IsMember& level)
    : self(app.add_subcommand("serve", "Run the pools until SIGINT or SIGTERM; SIGHUP loads the configuration again")) {
    self->add_option("--config", file, "The configuration file")->required();
    self->add_option("--log-level", log_level, levels)->check(level);
    add_endpoint();
    self->add_option("--log-format", http.log_format, "text or json: one object a line (default text)")
      ->check(CLI::IsMember({"text", "json"}));
    self->add_option("--slow-log", http.slow_ms, "Log statements that take longer, in milliseconds, 1 to 3600000")
      ->check(CLI::Range(1, 3'600'000));
    add_listening();
    self->footer(
      help_examples("  tripool serve --config /etc/tripool/tripool.conf --http 127.0.0.1:9187 --http-control\n"
                    "  tripool serve --config /etc/tripool/tripool.conf --listen 127.0.0.1:4711"));
  }

  void add_endpoint() {
    auto* at = self->add_option("--http", http.at, "Status page, metrics and probes at HOST:PORT, as 127.0.0.1:9187");
    at->check(not_empty());
    self
      ->add_option("--http-token-file", http.token_file,
                   "File with the token that the endpoint asks for; else the environment's TRIPOOL_HTTP_TOKEN. "
                   "Needed at addresses that others can reach")
      ->needs(at)
      ->check(not_empty());
    self->add_flag("--http-control", http.control, "The endpoint takes orders (tripool control)")->needs(at);
  }

  /// For callers on other nodes.
  void add_listening() {
    auto* at = self->add_option("--listen", listen.address, "ADDRESS:PORT where callers on other nodes are let in");
    at->check(not_empty());
    self->add_option("--tls-certificate", listen.certificate, "PEM file; with the next two: mutual TLS")->needs(at);
    self->add_option("--tls-key", listen.key, "PEM file with its key")->needs(at);
    self->add_option("--tls-authority", listen.authority, "PEM file of the authority of callers' certificates")
      ->needs(at);
    self
      ->add_flag("--insecure-plaintext-beyond-loopback", listen.insecure_plaintext,
                 "Listen off loopback without TLS: whoever reaches the port may read and write the database")
      ->needs(at);
  }

  int run() const { return tripool::service::serve(file, log_level, http, listen); }
};

/// Declares the command `bench`, which fills in `o`.
CLI::App* add_bench(CLI::App& app, tripool::service::bench_options& o) {
  using namespace tripool::service;
  auto* bench = app.add_subcommand("bench", "Measure one pool; every answer is checked");
  bench->add_option("--dsn", o.dsn, "Connection string of a server with the tables of pgbench -i")->required();
  bench->add_option("--connections", o.connections, "1 to 1000 (default 10)")->check(CLI::Range(1, 1000));
  bench->add_option("--callers", o.callers, "1 to 100000 (default 64)")->check(CLI::Range(1, 100000));
  bench->add_option("--seconds", o.seconds, "0.1 to 3600 (default 5)")->check(number_within(0.1, 3600));
  bench->add_option("--workload", o.workload, "default point")
    ->check(CLI::IsMember({"select1", "point", "update", "rows1000", "tx", "mixed"}));
  bench->add_option("--callers-on", o.callers_on, "default loop")->check(CLI::IsMember({"loop", "scheduler"}));
  bench->add_option("--rate", o.rate, "Open loop: arrivals per second, timed from when each is due (default: none)")
    ->check(number_within(0.1, 10e6));
  bench->add_option("--loops", o.loops, "Event loops, each with its part of connections and callers, 1 to 64")
    ->check(CLI::Range(1, 64));
  bench
    ->add_option("--pipeline-depth", o.pipeline_depth,
                 "Requests under way on one connection, 1 to 1024 (default as in the configuration)")
    ->check(CLI::Range(1, 1024));
  bench
    ->add_option("--frame-max", o.frame_max,
                 "Of them sent in one go, at most --pipeline-depth (default as in the configuration)")
    ->check(CLI::Range(1, 1024));
  bench->add_flag("--resilient", o.resilient, "Three pools and a heartbeat each second in place of one pool");
  bench->add_flag("--write", o.write, "Declare reads as writes: each its own transaction");
  bench->add_flag("--json", o.json, "One line of JSON");
  bench->footer(help_examples("  pgbench -i bench && tripool bench --dsn dbname=bench\n"
                              "  tripool bench --dsn dbname=bench --workload mixed --rate 5000 --seconds 30"));
  return bench;
}

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
  check->footer(help_examples("  tripool check-config /etc/tripool/tripool.conf"));

  const std::string levels = "trace, debug, info, warn, error or off; default: what the configuration says";
  const auto level = CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"});
  auto* pipe = app.add_subcommand("pipe", "Answer JSON lines from standard input on standard output");
  pipe->add_option("--config", file, "The configuration file")->required();
  pipe->add_option("--log-level", log_level, levels)->check(level);
  pipe->footer(
    help_examples(R"(  echo '{"id": 1, "kind": "read", "sql": "select 1"}' | tripool pipe --config tripool.conf)"));

  serve_command serving{app, levels, level};

  bench_options bench_opts;
  const auto* bench = add_bench(app, bench_opts);

  tokens_command tokens{app};
  operate_commands operating{app};

  auto* show = app.add_subcommand("demo", "Make a private PostgreSQL, crash it under load, show what happens");
  show->add_flag("--serve", demo_opts.serve, "Keep serving instead of running the demonstration");
  show->add_option("--seconds", demo_opts.seconds, "Length of the workload, 3 to 600 (default 12)")
    ->check(number_within(3, 600));
  show->add_option("--state-directory", demo_opts.state_directory, "Where the private PostgreSQL lives while it runs");
  show->add_option("--log-level", demo_opts.log_level, levels)->check(level);
  show->add_option("--http", demo_opts.http, "Show the status page at HOST:PORT meanwhile, a loopback address")
    ->check(not_empty());
  show->footer(help_examples("  tripool demo --http 127.0.0.1:9187\n  tripool demo --serve"));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return explain(app, e);
  }
  if (*check) return check_config(file);
  if (*pipe) return run_pipe(file, log_level);
  if (*serving.self) return serving.run();
  if (const auto code = operating.run()) return *code;
  if (*tokens.self) return tokens.run();
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
