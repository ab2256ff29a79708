// COPY through the delegate on a real PostgreSQL: both directions, back-pressure, errors, and every way to end one.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/insert_rows.hpp"
#include "tripool/core/copy/copy_text_format.hpp"
#include "tripool/core/lease/copy_machine.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct line {
  std::int32_t id = 0;
  std::optional<std::string> name;
  friend bool operator==(const line&, const line&) = default;
};

bytes bytes_of(std::string_view x) {
  const auto* first = reinterpret_cast<const std::byte*>(x.data());
  return {first, first + x.size()};
}

struct world {
  test_database home;
  running_instance on{home};
  std::optional<blocking_client> client{std::in_place, on.system(), on.delegate()};

  world() { REQUIRE(client->execute(statement{"create table t (id int primary key, name text)"})); }

  answer<copy_writer_handle> in(std::string text) {
    copy_in x;
    x.text = std::move(text);
    return client->ask<copy_writer_handle>(on.delegate(), std::move(x));
  }
  answer<copy_reader_handle> out(std::string text) {
    copy_out x;
    x.text = std::move(text);
    x.pool = "primary";
    return client->ask<copy_reader_handle>(on.delegate(), std::move(x));
  }
  std::optional<failure> put(const copy_writer_handle& to, std::string_view data) {
    return client->tell(to.to, copy_chunk{bytes_of(data), {}});
  }
  std::string count() { return home.value("select count(*) from t"); }
  bool all_given_back() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end)
      if (home.value("select count(*) from pg_stat_activity where datname = current_database() and "
                     "pid <> pg_backend_pid() and state <> 'idle'")
          == "0")
        return true;
    return false;
  }
};

} // namespace

TEST_CASE("a million rows make the round trip through COPY", "[copy-stream]") {
  world w;
  std::vector<line> rows;
  for (std::int32_t i = 0; i < 1'000'000; ++i)
    rows.push_back({i, i % 7 == 0 ? std::nullopt : std::optional{"name " + std::to_string(i)}});
  const auto in = insert_rows(*w.client, "t (id, name)", rows);
  REQUIRE(in);
  CHECK(in->command_tag() == "COPY 1000000");
  auto from = w.out("copy (select id, name from t order by id) to stdout (format binary)");
  REQUIRE(from);
  CHECK(from->columns == 2);
  CHECK(from->format == result_format::binary);
  copy_binary_reader reader;
  std::size_t seen = 0, largest = 0;
  bool same = true;
  for (bool last = false; !last;) {
    auto piece = w.client->ask<copy_data>(from->to, next_chunk{});
    REQUIRE(piece);
    largest = std::max(largest, piece->data.size());
    reader.feed(piece->data);
    for (auto row = reader.next(); row && *row; row = reader.next())
      same = same && (*row)->as<line>().value() == rows.at(seen++);
    last = piece->last;
  }
  CHECK(seen == rows.size());
  CHECK(same);
  CHECK(reader.complete());
  CHECK(largest < 2 * copy_buffer_max);
  CHECK(w.client->ask<copy_data>(from->to, next_chunk{}).error().sqlstate == "25000");
  CHECK(w.all_given_back());
}

TEST_CASE("text goes in piece by piece and nothing is kept before its end", "[copy-stream]") {
  world w;
  auto to = w.in("copy t from stdin");
  REQUIRE(to);
  CHECK(to->columns == 2);
  CHECK_FALSE(w.put(*to, "1\ton"));
  CHECK_FALSE(w.put(*to, "e\n2\t\\N\n"));
  CHECK(w.count() == "0");
  SECTION("ended") {
    CHECK(w.client->ask<result>(to->to, copy_end{})->command_tag() == "COPY 2");
    CHECK(w.count() == "2");
    CHECK(w.put(*to, "3\t\n")->sqlstate == "25000");
    CHECK(w.client->ask<result>(to->to, copy_end{}).error().sqlstate == "25000");
  }
  SECTION("failed") {
    CHECK_FALSE(w.client->tell(to->to, copy_fail{"enough"}));
    CHECK(w.put(*to, "3\t\n")->sqlstate == "25000");
    CHECK(w.count() == "0");
  }
  SECTION("dropped") {
    *to = copy_writer_handle{};
    CHECK(w.all_given_back());
    CHECK(w.count() == "0");
  }
  SECTION("its consumer died") {
    w.client.emplace(w.on.system(), w.on.delegate());
    CHECK(w.all_given_back());
    CHECK(w.count() == "0");
  }
  CHECK(w.all_given_back());
  CHECK(w.client->execute(statement{"insert into t values (9, 'x')"}));
}

TEST_CASE("a bad row, and a piece that is too large, fail a COPY as a whole", "[copy-stream]") {
  world w;
  auto to = w.in("copy t from stdin");
  REQUIRE(to);
  w.put(*to, "1\tone\nbad\n");
  const auto end = w.client->ask<result>(to->to, copy_end{});
  REQUIRE(!end);
  CHECK(end.error().kind == outcome::rejected);
  CHECK((end.error().sqlstate == "22P02" || end.error().sqlstate == "22P04"));
  auto big = w.in("copy t from stdin");
  REQUIRE(big);
  CHECK(w.put(*big, std::string(copy_piece_max + 1, 'x'))->sqlstate == "54000");
  CHECK(!w.client->ask<result>(big->to, copy_end{}));
  CHECK(w.all_given_back());
  CHECK(w.count() == "0");
}

TEST_CASE("what is no COPY, or none for this, is refused, and so are rows that do not fit", "[copy-stream]") {
  world w;
  const auto refused = [](const auto& x) { return x ? std::string{"taken"} : x.error().sqlstate; };
  CHECK(refused(w.in("copy missing from stdin")) == "42P01");
  CHECK(refused(w.in("copy t to stdout")) == "42601");
  CHECK(refused(w.in("select 1")) == "42601");
  CHECK(refused(w.in("copy t from '/etc/passwd'")) == "0A000");
  CHECK(refused(w.in("copy t from stdin; drop table t")) == "42601");
  CHECK(refused(w.out("copy missing to stdout")) == "42P01");
  CHECK(refused(insert_rows(*w.client, "t (id)", std::vector<line>(1))) == "22P04");
  CHECK(refused(insert_rows(*w.client, "t", std::vector<line>{{1, std::string{"a\0b", 3}}})) == "22021");
  CHECK(refused(insert_rows(*w.client, "t", std::vector<line>(2))) == "23505");
  CHECK(w.count() == "0");
  CHECK(w.all_given_back());
}

TEST_CASE("a COPY without any rows, whose end comes with its start, is answered", "[copy-stream]") {
  world w;
  for (int i = 0; i < 20; ++i) {
    auto from = w.out("copy t to stdout");
    REQUIRE(from);
    auto piece = w.client->ask<copy_data>(from->to, next_chunk{});
    REQUIRE(piece);
    CHECK(piece->data.empty());
    CHECK(piece->last);
    auto to = w.in("copy t from stdin");
    REQUIRE(to);
    CHECK(w.client->ask<result>(to->to, copy_end{})->command_tag() == "COPY 0");
  }
  CHECK(w.all_given_back());
}

TEST_CASE("a reader ends cleanly in the middle: closed, dropped, broken, killed", "[copy-stream]") {
  world w;
  auto from = w.out("copy (select repeat('x', 999) from (select generate_series(1, 100000000)) rows) to stdout");
  REQUIRE(from);
  REQUIRE(w.client->ask<copy_data>(from->to, next_chunk{}));
  SECTION("closed") {
    CHECK_FALSE(w.client->tell(from->to, close_copy{}));
    CHECK(w.client->ask<copy_data>(from->to, next_chunk{}).error().sqlstate == "25000");
  }
  SECTION("dropped") {
    *from = copy_reader_handle{};
  }
  SECTION("killed") {
    w.home.value("select pg_terminate_backend(" + std::to_string(from->backend_pid) + ")");
    auto piece = w.client->ask<copy_data>(from->to, next_chunk{});
    for (int i = 0; piece && i < 1000; ++i) piece = w.client->ask<copy_data>(from->to, next_chunk{});
    REQUIRE(!piece);
    CHECK(piece.error().kind == outcome::not_executed);
  }
  CHECK(w.all_given_back());
  auto broken = w.out("copy (select 10 / (5000 - i) from generate_series(1, 9000) i) to stdout");
  auto piece = w.client->ask<copy_data>(broken->to, next_chunk{});
  while (piece && !piece->last) piece = w.client->ask<copy_data>(broken->to, next_chunk{});
  REQUIRE(!piece);
  CHECK(piece.error().sqlstate == "22012");
  CHECK(w.all_given_back());
}
