// The commands by which a running service is looked at and ordered about: status, top, events, control; and query and
// doctor, which need none. Registers them at the command line, with their help, and runs the one that was asked for.
// Used by main.
#pragma once

#include "service/commands/node.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool::service {

/// Where a running service is asked.
struct endpoint_options {
  std::string at = "127.0.0.1:9187";
  std::string token_file;
};
/// `tripool serve`, beside its configuration.
struct serve_http_options {
  std::string log_format = "text"; ///< text or json
  std::uint32_t slow_ms = 0;       ///< Statements that take longer are logged; 0: none.
  std::string at;                  ///< Empty: no endpoint.
  std::string token_file;
  bool control = false;
};
/// `tripool query`.
struct query_options {
  std::string config; ///< Or nodes:
  node_arguments node;
  std::string sql;
  std::vector<std::string> parameters; ///< "VALUE" or "TYPE:VALUE".
  std::string format = "table";
  std::string pool;
  bool write = false;
  double seconds = 30;
};

/// `tripool events`.
struct events_choice {
  bool follow = false;
  bool json = false;
  std::string pool;          ///< Empty: all.
  std::uint64_t request = 0; ///< Not 0: what happened to this request, and nothing else.
  std::size_t limit = 50;
};

/// What stands below a command's options: how it is used, one example a line, and the exit codes.
std::string help_examples(const std::string& lines);

/// Each returns the process's exit code: 0 done, 1 failed, 2 wrong usage or configuration.
int show_status(const endpoint_options& where, bool json);
/// `once`: prints one screen of `columns` x `rows` and ends.
int show_top(const endpoint_options& where, bool once);
int show_events(const endpoint_options& where, const events_choice& which);
int give_order(const endpoint_options& where, const std::string& name, const std::string& json);
int run_query(const query_options& o);
int run_doctor(const std::string& file, bool json);

/// The command line's part.
class operate_commands {
public:
  explicit operate_commands(CLI::App& app);
  /// Runs the command that was given; nothing: it was none of these.
  std::optional<int> run() const;

private:
  void add_endpoint(CLI::App& to);
  void add_status(CLI::App& app);
  void add_control(CLI::App& app);
  void add_query(CLI::App& app);

  endpoint_options where_;
  node_arguments node_;
  bool json_ = false;
  bool once_ = false;
  events_choice which_;
  std::string pool_;
  std::string config_;
  query_options query_;
  std::string to_;
  std::string level_;
  std::uint32_t min_ = 0;
  std::uint32_t max_ = 0;
  bool empty_ = false;
  bool anyway_ = false;
  CLI::App* status_ = nullptr;
  CLI::App* top_ = nullptr;
  CLI::App* events_ = nullptr;
  CLI::App* control_ = nullptr;
  CLI::App* run_query_ = nullptr;
  CLI::App* doctor_ = nullptr;
};

} // namespace tripool::service
