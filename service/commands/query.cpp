// The command `query`: one statement through the pools, its own or those of nodes, its rows on standard output.
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/node.hpp"
#include "service/commands/operate.hpp"
#include "service/query/arguments.hpp"
#include "service/query/table.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/client/open_instance.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace tripool::service {

namespace {

/// Prints what became of it.
int print(const answer<result>& done, const std::string& format) {
  if (!done) {
    std::fprintf(stderr, "tripool: %s\n", to_string(done.error()).c_str());
    return 1;
  }
  const auto text = format == "csv" ? as_csv(*done) : format == "json" ? as_json(*done) : as_table(*done);
  std::fwrite(text.data(), 1, text.size(), stdout);
  for (const auto& n : done->notices()) std::fprintf(stderr, "%s: %s\n", n.severity.c_str(), n.message.c_str());
  return finish_output(0);
}

} // namespace

int run_query(const query_options& o) {
  statement s;
  s.text = o.sql;
  s.mode = o.write ? access::write : access::read;
  s.format = result_format::text;
  s.pool = o.pool;
  s.name = "tripool query";
  s.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(o.seconds * 1000)};
  for (const auto& p : o.parameters) {
    auto x = read_argument(p);
    if (!x) {
      std::fprintf(stderr, "tripool: --param: %s\n", x.error().c_str());
      return 2;
    }
    s.parameters.push_back(std::move(*x));
  }
  if (!o.node.empty()) {
    const auto caller = node_caller::make(o.node);
    if (!caller) return 2;
    blocking_client client{caller->system(), caller->proxy(caller->nodes(), s.timeout)};
    return print(client.execute(std::move(s)), o.format);
  }
  if (o.config.empty()) {
    std::fprintf(stderr, "tripool: --config FILE or --node HOST:PORT is needed\n");
    return 2;
  }
  system_config cfg;
  caf::actor_system sys{cfg};
  auto db = open_instance(sys, o.config);
  if (!db) {
    std::fprintf(stderr, "tripool: %s\n", to_string(db.error()).c_str());
    return 2;
  }
  blocking_client client{sys, (*db)->delegate()};
  return print(client.execute(std::move(s)), o.format);
}

} // namespace tripool::service
