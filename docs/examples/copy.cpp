// Many rows at once: structs into a table through a binary COPY, and out of it again in pieces that are asked for.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

struct reading {
  std::int64_t id;
  double celsius;
  std::optional<std::string> note;
};

tripool::answer<double> warmest(tripool::blocking_client& client) {
  tripool::copy_out order;
  order.text = "copy readings (id, celsius, note) to stdout (format binary)";
  order.mode = tripool::access::write; // Where rows are written: a standby may not have the newest yet.
  auto from = client.ask<tripool::copy_reader_handle>(client.delegate(), order);
  if (!from) return tripool::unexpected{from.error()};
  tripool::copy_binary_reader reader;
  double most = -273.15;
  for (bool last = false; !last;) {
    auto piece = client.ask<tripool::copy_data>(from->to, tripool::next_chunk{}); // Nothing comes unasked.
    if (!piece) return tripool::unexpected{piece.error()};
    last = piece->last;
    reader.feed(piece->data);
    for (auto row = reader.next(); row && *row; row = reader.next())
      if (const auto x = (*row)->as<reading>(); x && x->celsius > most) most = x->celsius;
  }
  return most;
}

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};
  client.execute("drop table if exists readings");
  client.execute("create table readings (id bigint primary key, celsius float8, note text)");

  std::vector<reading> all;
  for (std::int64_t i = 0; i < 100'000; ++i) all.push_back({i, 20.0 + static_cast<double>(i % 100) / 10, {}});
  all.front().note = "the first";
  auto in = tripool::insert_rows(client, "readings (id, celsius, note)", all);
  if (!in) return std::puts(to_string(in.error()).c_str()), 1;
  std::printf("%s\n", std::string{in->command_tag()}.c_str());

  auto again = tripool::insert_rows(client, "readings (id, celsius, note)", all); // All rows or none.
  if (!again) std::printf("%s: %s\n", again.error().sqlstate.c_str(), again.error().detail.c_str());

  auto most = warmest(client);
  if (!most) return std::puts(to_string(most.error()).c_str()), 1;
  std::printf("at most %.1f degrees\n", *most);
  client.execute("drop table readings");
}

// Prints:
// COPY 100000
// 23505: Key (id)=(0) already exists.
// at most 29.9 degrees
