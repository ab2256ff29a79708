// A payment that is made once, however often it is sent: its token is its name for ever.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdio>
#include <string>

namespace {

/// Sends the payment until it is settled. The token was made once, for example with the order, and is kept with it:
/// after a restart of this program the payment is sent again with the same one.
bool pay(tripool::blocking_client& client, int account, int cents, const std::string& token) {
  auto payment = tripool::sql("insert into payments values ($1, $2)", account, cents);
  payment.token = token;
  for (;;) {
    const auto done = client.execute(payment);
    if (done) {
      std::printf("%s\n", std::string{to_string(done->receipt().by_token)}.c_str());
      return true;
    }
    const auto& f = done.error();
    std::printf("%s: %s\n", std::string{to_string(f.kind)}.c_str(), f.hint.c_str());
    if (f.kind == tripool::outcome::rejected) return false; // It will end the same each time.
  }
}

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};

  // Once for each database; `tripool tokens create` does the same.
  if (auto made = client.ask<tripool::reply>(client.delegate(), tripool::create_tokens{}); !made) return 1;
  client.execute("create table payments (account int, cents int check (cents > 0))");

  pay(client, 7, 1250, "order-1001");
  pay(client, 7, 1250, "order-1001");
  pay(client, 7, -1, "order-1002");
  if (const auto n = client.execute("select count(*)::int from payments")) {
    std::printf("%d payment\n", n->one<int>().value());
  }
  client.execute("drop table payments");
  client.execute("delete from tripool.tokens where token like 'order-100%'");
}

// Prints:
// applied
// already_applied
// rejected: the value breaks a check constraint of the table
// 1 payment
