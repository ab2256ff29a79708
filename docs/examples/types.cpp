// Values both ways: exact numbers, times, arrays, ranges, enums, NULLs, and rows as structs by their columns' names.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

enum class state { open, paid };

struct invoice {
  tripool::uuid id;
  tripool::numeric total;
  state now;
  std::vector<int> lines;
  std::optional<std::string> note;
};

struct celsius {
  double degrees = 0;
};

} // namespace

// A type of one's own, in terms of one that is known.
template <>
struct tripool::codec<celsius> {
  static constexpr std::string_view name = "celsius"; // For errors.
  static constexpr std::uint32_t oid = codec<double>::oid;
  static decoded<celsius> decode(const encoded_value& x) {
    auto degrees = codec<double>::decode(x);
    if (!degrees) return unexpected{std::move(degrees).error()};
    return celsius{*degrees};
  }
  static void encode(const celsius& x, encoder& to) { codec<double>::encode(x.degrees, to); }
};

// An enum of the server's, by its labels.
template <>
struct tripool::labels<state> {
  static constexpr std::string_view type_name = "invoice_state";
  static constexpr std::pair<state, std::string_view> values[] = {{state::open, "open"}, {state::paid, "paid"}};
};

// A struct whose members are found by the names of the columns. Without this they are taken by position.
template <>
struct tripool::columns<invoice> {
  static constexpr std::array<std::string_view, 5> names{"id", "total", "state", "lines", "note"};
};

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};
  client.execute("create type invoice_state as enum ('open', 'paid')");
  client.execute("create table invoices (id uuid primary key, total numeric(12,2), state invoice_state, lines int[], "
                 "due date, valid tstzrange, note text)");

  const auto id = tripool::uuid::parse("6f1c0e9e-6a1b-4c55-9a3a-2f1b8f1e0a01").value();
  const auto due = tripool::date{std::chrono::sys_days{std::chrono::year{2031} / 2 / 28}};
  const auto from = tripool::timestamptz{std::chrono::sys_days{std::chrono::year{2031} / 1 / 1}};
  auto added = client.execute("insert into invoices values ($1, $2, $3, $4, $5, $6, $7)", id,
                              tripool::numeric::parse("1234567890.10").value(), state::paid, std::vector<int>{3, 1, 2},
                              due, tripool::range<tripool::timestamptz>{from, std::nullopt}, nullptr);
  if (!added) return std::puts(to_string(added.error()).c_str()), 1;

  auto rows = client.execute("select note, lines, state, total, id from invoices where id = $1", id);
  if (!rows) return std::puts(to_string(rows.error()).c_str()), 1;
  const auto x = rows->one<invoice>();
  if (!x) return std::puts(x.error().message.c_str()), 1;
  std::printf("%s: %s, %s, %zu lines, %s\n", to_string(x->id).substr(0, 8).c_str(), to_string(x->total).c_str(),
              x->now == state::paid ? "paid" : "open", x->lines.size(), x->note ? x->note->c_str() : "no note");

  // What does not fit is an error, never a wrong value.
  auto large = client.execute("select 70000 as ports");
  if (large) std::printf("%s\n", large->one<std::int16_t>().error().message.c_str());

  auto warm = client.execute("select $1 + 0.5", celsius{20});
  if (warm) std::printf("%.1f degrees\n", warm->one<celsius>().value().degrees);

  client.execute("drop table invoices");
  client.execute("drop type invoice_state");
}

// Prints:
// 6f1c0e9e: 1234567890.10, paid, 3 lines, no note
// column "ports" (0), row 0: a value of int4 does not fit std::int16_t
// 20.5 degrees
