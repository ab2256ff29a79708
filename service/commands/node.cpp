// Asking nodes.
#include "service/commands/node.hpp"

#include "service/app/standard_streams.hpp"
#include "service/inspect/status_json.hpp"
#include "service/inspect/status_text.hpp"
#include "service/query/nodes.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/remote/publish.hpp"

#include <caf/send.hpp>

#include <cstdio>
#include <utility>

namespace tripool::service {

namespace {

constexpr std::chrono::seconds look_limit{5};

/// What a look from here would be there.
answer<std::string> look_at(blocking_client& db) {
  const auto facts = db.ask<node_facts>(db.delegate(), get_node_facts{});
  if (!facts) return unexpected{facts.error()};
  auto status = db.ask<service_status>(db.delegate(), get_service_status{});
  if (!status) return unexpected{std::move(status).error()};
  observation x;
  x.status = std::move(*status);
  x.at = std::chrono::steady_clock::now();
  x.wall = std::chrono::system_clock::now();
  x.began = x.wall - std::chrono::duration_cast<std::chrono::system_clock::duration>(facts->age);
  x.pid = facts->pid;
  return status_json(x, facts->version);
}

void print(const remote_node& node, const std::string& status, bool json, bool several) {
  if (json) {
    std::printf("%s\n", status.c_str());
    return;
  }
  if (several) std::printf("node %s\n", to_string(node).c_str());
  if (const auto lines = status_table(status))
    for (const auto& line : *lines) std::printf("%s\n", line.c_str());
}

} // namespace

std::unique_ptr<node_caller> node_caller::make(const node_arguments& x) {
  auto nodes = read_nodes(x.nodes);
  std::unique_ptr<node_caller> out{new node_caller};
  const auto wrong = nodes ? configure_remote(out->config_, {x.certificate, x.key, x.authority}) : nodes.error();
  if (!wrong.empty()) {
    std::fprintf(stderr, "tripool: %s\n", wrong.c_str());
    return nullptr;
  }
  out->nodes_ = std::move(*nodes);
  out->tls_ = !x.certificate.empty();
  out->system_ = std::make_unique<caf::actor_system>(out->config_);
  return out;
}

node_caller::~node_caller() {
  for (const auto& x : proxies_) caf::anon_send_exit(x, caf::exit_reason::kill);
  proxies_.clear();
}

caf::actor node_caller::proxy(std::vector<remote_node> of, std::chrono::milliseconds deadline) {
  remote_options how;
  how.nodes = std::move(of);
  how.tls = tls_;
  how.deadline = deadline;
  return proxies_.emplace_back(spawn_remote_delegate(*system_, std::move(how)));
}

int show_node_status(const node_arguments& which, bool json) {
  const auto caller = node_caller::make(which);
  if (!caller) return 2;
  int code = 0;
  for (const auto& node : caller->nodes()) {
    blocking_client db{caller->system(), caller->proxy({node}, look_limit)};
    const auto status = look_at(db);
    if (status) {
      print(node, *status, json, caller->nodes().size() > 1);
    } else {
      std::fprintf(stderr, "tripool: %s: %s\n", to_string(node).c_str(), tripool::to_string(status.error()).c_str());
      code = 1;
    }
  }
  return finish_output(code);
}

} // namespace tripool::service
