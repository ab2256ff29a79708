// The command `tokens`: the table that writes with a token need, and deleting what is old in it.
#include "service/app/standard_streams.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/client/open_instance.hpp"
#include "tripool/actors/protocol_tokens.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace tripool::service {

namespace {

int complain(const failure& f) {
  std::fprintf(stderr, "tripool: %s\n", to_string(f).c_str());
  return 1;
}

} // namespace

int make_token_table(const std::string& file) {
  system_config cfg;
  caf::actor_system sys{cfg};
  auto db = open_instance(sys, file);
  if (!db) return complain(db.error()), 2;
  blocking_client client{sys, (*db)->delegate()};
  if (const auto done = client.ask<reply>(client.delegate(), create_tokens{}); !done) return complain(done.error());
  std::puts("the table tripool.tokens is there");
  return finish_output(0);
}

int delete_old_tokens(const std::string& file, std::uint32_t days, std::uint32_t rows_max) {
  system_config cfg;
  caf::actor_system sys{cfg};
  auto db = open_instance(sys, file);
  if (!db) return complain(db.error()), 2;
  blocking_client client{sys, (*db)->delegate()};
  const clean_tokens order{std::chrono::hours{24} * days, rows_max};
  const auto done = client.ask<result>(client.delegate(), order);
  if (!done) return complain(done.error());
  std::printf("%llu tokens deleted\n", static_cast<unsigned long long>(done->affected_rows()));
  return finish_output(0);
}

} // namespace tripool::service
