// The executable's commands. Each returns the process's exit code: 0 done, 1 failed, 2 wrong usage or configuration.
#pragma once

#include "tripool/actors/config/load.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tripool::service {

/// `tripool check-config FILE`: reads the file and says what is wrong with it, or what it means.
int check_config(const std::string& file);

/// `tripool pipe --config FILE`: JSON lines in, JSON lines out (see service/pipe/protocol.hpp).
int run_pipe(const std::string& file, const std::string& log_level);

struct serve_http_options; // operate.hpp
struct listen_arguments;   // listen.hpp

/// `tripool serve --config FILE`: runs the pools until SIGINT or SIGTERM; SIGHUP loads the configuration again.
int serve(const std::string& file, const std::string& log_level, const serve_http_options& http,
          const listen_arguments& listen);

/// `tripool tokens create --config FILE`: makes the table that writes with a token need.
int make_token_table(const std::string& file);

/// `tripool tokens clean --config FILE`: deletes tokens older than `days`, at most `rows_max`.
int delete_old_tokens(const std::string& file, std::uint32_t days, std::uint32_t rows_max);

/// What `tripool demo` can be told.
struct demo_options {
  bool serve = false;          ///< Keep serving instead of running the demonstration.
  double seconds = 12;         ///< Length of the workload.
  std::string state_directory; ///< Where the private cluster lives; empty: a temporary folder.
  std::string log_level = "error";
  std::string http; ///< Where the status page is; empty: nowhere.
};

/// `tripool demo`: a private cluster, a bounded workload, a crash in the middle, and the account at the end.
int demo(const demo_options& o);

/// What `tripool bench` can be told.
struct bench_options {
  std::string dsn;
  std::size_t connections = 10;
  std::size_t callers = 64;
  double seconds = 5;
  std::string workload = "point";  ///< select1, point, update, rows1000, tx, mixed
  std::string callers_on = "loop"; ///< loop or scheduler
  double rate = 0;       ///< Arrivals per second, whatever the answers do; 0: each caller waits for its answer.
  std::size_t loops = 1; ///< Instances of their own, each with a loop; connections and callers are divided.
  std::size_t pipeline_depth = pool_options{}.pipeline_depth;
  std::size_t frame_max = pool_options{}.frame_max;
  bool resilient = false; ///< Three pools to the server and a heartbeat each second, in place of one pool without.
  bool write = false;     ///< Send reads as writes: each its own transaction, however it is declared.
  bool json = false;
};

/// `tripool bench`: callers on one pool; prints throughput, latencies and the client's cost.
int run_bench(const bench_options& o);

/// Reads a configuration for a command; prints what is wrong and returns nothing on failure.
std::optional<loaded_config> load_or_complain(const std::string& file);

} // namespace tripool::service
