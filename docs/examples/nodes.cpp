// A caller on another node: here both stand in one program, each with an actor system of its own, as on two machines.
#include <tripool/actors/remote/publish.hpp>
#include <tripool/actors/remote/remote_delegate.hpp>
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  // The node: what `tripool serve --listen 127.0.0.1:4711` does. Off loopback it needs certificates.
  caf::actor_system_config node_cfg;
  tripool::configure_remote(node_cfg);
  caf::actor_system node{node_cfg};
  auto db = tripool::open_instance(node, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::listen_options where;
  where.host = "127.0.0.1"; // Any free port.
  auto published = tripool::publish_delegate(node, **db, where);
  if (!published) return std::puts(published.error().c_str()), 2;

  // The caller: a proxy that is asked as a delegate is. It takes any number of nodes, and balances over them.
  caf::actor_system_config caller_cfg;
  tripool::configure_remote(caller_cfg);
  caf::actor_system caller{caller_cfg};
  tripool::remote_options how;
  how.nodes = {{"127.0.0.1", published->port}};
  auto proxy = tripool::spawn_remote_delegate(caller, how);

  {
    tripool::blocking_client client{caller, proxy};
    auto sum = client.execute("select $1::int + $2::int", 40, 2);
    if (!sum) return std::puts(to_string(sum.error()).c_str()), 1;
    std::printf("from the other node: %d\n", sum->one<int>().value());

    // A session borrowed there ends with its handle here, with this program, and with the link.
    auto tx = client.begin();
    if (!tx) return std::puts(to_string(tx.error()).c_str()), 1;
    auto one = tx->execute("select count(*)::int from pg_locks where pid = pg_backend_pid() and granted");
    if (one) std::puts("in a transaction there");
    tx->rollback();

    // The node goes away: a read waits for another one until its deadline.
    (*db)->stop(std::chrono::seconds{5});
    auto question = tripool::sql_read("select 1");
    question.timeout = std::chrono::milliseconds{500};
    auto late = client.execute(question);
    if (!late) std::puts(std::string{to_string(late.error().kind)}.c_str());
  }
  caf::anon_send_exit(proxy, caf::exit_reason::user_shutdown);
}

// Prints:
// from the other node: 42
// in a transaction there
// not_executed
