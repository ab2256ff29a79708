// A caller on another node: its statements travel over CAF's network to the node that has the connections, and the
// results come back as the same objects. Here both nodes live in one program.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>

#include <cstdio>

namespace {

/// The configuration of every node.
struct node_config : caf::actor_system_config {
  node_config() {
    load<caf::io::middleman>();
    tripool::add_remote_messages(*this);
  }
};

} // namespace

int main(int argc, char** argv) {
  node_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  const auto port = sys.middleman().publish((*db)->delegate(), 0, "127.0.0.1");
  if (!port) return std::puts("no port could be had"), 1;

  node_config away_cfg;
  caf::actor_system away{away_cfg};
  {
    auto delegate = away.middleman().remote_actor("127.0.0.1", *port);
    if (!delegate) return std::puts("the other node was not reached"), 1;
    tripool::blocking_client client{away, *delegate};

    auto rows = client.execute("select $1::numeric / 3 as third, array[1, null, 3] as list", 1);
    if (!rows) return std::puts(to_string(rows.error()).c_str()), 1;
    const auto row = (*rows)[0];
    std::printf("%s, %zu elements\n", to_string(row.get<tripool::numeric>("third").value()).c_str(),
                row.get<std::vector<std::optional<int>>>("list").value().size());

    auto wrong = client.execute("select 1 / $1::int", 0);
    if (!wrong) std::printf("%s %s\n", wrong.error().sqlstate.c_str(), wrong.error().message.c_str());
  }
}

// Prints:
// 0.33333333333333333333, 3 elements
// 22012 division by zero
