// The command line of operating: options, help and examples.
#include "service/commands/operate.hpp"

#include "service/commands/validators.hpp"
#include "service/json/writer.hpp"

namespace tripool::service {

namespace {

constexpr const char* codes = "\nExit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration.";

/// For commands that ask nodes.
CLI::Option* add_nodes(CLI::App& to, node_arguments& x) {
  auto* node =
    to.add_option("--node", x.nodes, "HOST:PORT[,HOST:PORT...] where nodes let callers in (serve --listen), instead");
  to.add_option("--tls-certificate", x.certificate, "PEM file; with the next two: mutual TLS")->needs(node);
  to.add_option("--tls-key", x.key, "PEM file with its key")->needs(node);
  to.add_option("--tls-authority", x.authority, "PEM file of the authority of the nodes' certificates")->needs(node);
  return node;
}

} // namespace

std::string help_examples(const std::string& lines) {
  return "Examples:\n" + lines + codes;
}

operate_commands::operate_commands(CLI::App& app) {
  add_status(app);

  top_ = app.add_subcommand("top", "Watch a running service in the terminal (80x24 is enough)");
  add_endpoint(*top_);
  top_->add_flag("--once", once_, "Print one screen and end");
  top_->footer(
    help_examples("  tripool top\nKeys: q ends, p pauses, c shows connections, e shows events, 1-9 choose a pool, "
                  "+ and - change the interval."));

  events_ = app.add_subcommand("events", "Show what has happened: the flight recorder of a running service");
  add_endpoint(*events_);
  events_->add_flag("--follow,-f", which_.follow, "Go on until Ctrl-C");
  events_->add_flag("--json", which_.json, "One line of JSON an event; with --request one in all");
  events_->add_option("--pool", which_.pool, "Only events about this pool");
  events_->add_option("--request", which_.request, "What happened to the request of this number, as failures name it")
    ->check(CLI::PositiveNumber)
    ->excludes("--follow")
    ->excludes("--pool");
  events_->add_option("--limit", which_.limit, "The newest, 1 to 1000 (default 50)")->check(CLI::Range(1, 1000));
  events_->footer(
    help_examples("  tripool events --follow\n  tripool events --pool primary\n  tripool events --request 4711"));

  add_control(app);
  add_query(app);

  doctor_ = app.add_subcommand("doctor", "Check the configuration and every server it names, and say what to mend");
  doctor_->add_option("--config", config_, "The configuration file")->required();
  doctor_->add_flag("--json", json_, "One line of JSON a finding");
  doctor_->footer(help_examples("  tripool doctor --config /etc/tripool/tripool.conf"));
}

void operate_commands::add_status(CLI::App& app) {
  status_ = app.add_subcommand("status", "Show what a running service does, as a table or JSON");
  add_endpoint(*status_);
  add_nodes(*status_, node_)->excludes("--at")->excludes("--token-file");
  status_->add_flag("--json", json_, "The whole status as JSON (docs/status.schema.json), a line for each node");
  status_->footer(help_examples("  tripool status\n  tripool status --at 127.0.0.1:9187 --json | jq .pools[0].health\n"
                                "  tripool status --node 127.0.0.2:4711,127.0.0.3:4711"));
}

void operate_commands::add_endpoint(CLI::App& to) {
  to.add_option("--at", where_.at, "Where the service listens (serve --http; default 127.0.0.1:9187)");
  to.add_option("--token-file", where_.token_file, "File with the token; else the environment's TRIPOOL_HTTP_TOKEN");
}

void operate_commands::add_control(CLI::App& app) {
  control_ = app.add_subcommand("control", "Give an order to a running service (serve --http-control)");
  control_->require_subcommand(1);
  const auto order = [&](const char* name, const char* help, const char* how) {
    auto* x = control_->add_subcommand(name, help);
    add_endpoint(*x);
    x->footer(help_examples("  tripool control " + std::string{how}));
    return x;
  };
  const auto with_pool = [&](const char* name, const char* help, const char* how) {
    auto* x = order(name, help, how);
    x->add_option("POOL", pool_, "The pool")->required();
    return x;
  };
  auto* hold =
    with_pool("hold", "The pool serves nothing until it is released; what waits in it moves", "hold backup --empty");
  hold->add_flag("--empty", empty_, "Close its connections too, as they become free (drain)");
  hold->add_flag("--anyway", anyway_, "Even if nobody else serves");
  with_pool("release", "It serves again", "release backup");
  auto* failover =
    order("failover", "FROM serves nothing until failback; TO takes the writes", "failover primary backup");
  failover->add_option("FROM", pool_, "The pool that is left")->required();
  failover->add_option("TO", to_, "The pool that takes over")->required();
  failover->add_flag("--anyway", anyway_, "Even if TO takes no writes now");
  order("failback", "End all holds and preferences", "failback");
  auto* resize = with_pool("resize", "Other bounds for the number of connections", "resize primary 4 20");
  resize->add_option("MIN", min_, "0 to 1000")->required()->check(CLI::Range(0, 1000));
  resize->add_option("MAX", max_, "1 to 1000")->required()->check(CLI::Range(1, 1000));
  with_pool("recycle", "Replace every connection, one after the other", "recycle primary");
  auto* refresh = order("refresh", "Ask the sources of secrets now, and tell what came of it", "refresh primary");
  refresh->add_option("POOL", pool_, "Only of this pool's secret; without it, of all");
  order("reload", "Load the configuration file again; as SIGHUP does", "reload");
  auto* level = order("log-level", "How much is logged", "log-level debug");
  level->add_option("LEVEL", level_, "trace, debug, info, warn, error or off")->required();
  control_->footer(help_examples("  tripool control failover primary backup\n  tripool control failback\n"
                                 "  tripool control resize primary 4 20\n  tripool control refresh"));
}

void operate_commands::add_query(CLI::App& app) {
  run_query_ = app.add_subcommand("query", "Run one statement through the pools and print its rows");
  run_query_->add_option("SQL", query_.sql, "The statement")->required();
  run_query_->add_option("--config", query_.config, "The configuration file; or --node");
  add_nodes(*run_query_, query_.node)->excludes("--config");
  run_query_->add_option(
    "--param,-p", query_.parameters,
    "A parameter, $1 first: VALUE, or TYPE:VALUE with int, bigint, double, bool or text; null: for NULL. For "
    "other types cast in the statement: $1::json");
  run_query_->add_option("--format", query_.format, "table, csv or json (default table)")
    ->check(CLI::IsMember({"table", "csv", "json"}));
  run_query_->add_option("--pool", query_.pool, "Only this pool");
  run_query_->add_flag("--write", query_.write, "It changes something; without it the server refuses changes");
  run_query_->add_option("--timeout", query_.seconds, "Seconds, 0.001 to 3600 (default 30)")
    ->check(number_within(0.001, 3600));
  run_query_->footer(
    help_examples("  tripool query --config tripool.conf \"select * from orders where id = $1\" -p int:7\n"
                  "  tripool query --config tripool.conf --format csv \"select 1 as one\"\n"
                  "  tripool query --node 127.0.0.2:4711,127.0.0.3:4711 \"select now()\""));
}

std::optional<int> operate_commands::run() const {
  if (*status_) return node_.empty() ? show_status(where_, json_) : show_node_status(node_, json_);
  if (*top_) return show_top(where_, once_);
  if (*events_) return show_events(where_, which_);
  if (*run_query_) return run_query(query_);
  if (*doctor_) return run_doctor(config_, json_);
  if (!*control_) return std::nullopt;
  const auto name = control_->get_subcommands().front()->get_name();
  std::string body = "{";
  const auto add = [&](const char* key, const std::string& value) {
    if (body.size() > 1) body += ',';
    body.append("\"").append(key).append("\":").append(value);
  };
  const auto text = [](const std::string& x) {
    std::string out;
    json::append_text(out, x);
    return out;
  };
  if (name == "failover") {
    add("from", text(pool_));
    add("to", text(to_));
  } else if (!pool_.empty()) {
    add("pool", text(pool_));
  }
  if (name == "resize") {
    add("min", std::to_string(min_));
    add("max", std::to_string(max_));
  }
  if (name == "log-level") add("level", text(level_));
  if (empty_) add("empty", "true");
  if (anyway_) add("anyway", "true");
  return give_order(where_, name, body + "}");
}

} // namespace tripool::service
