// COPY through the session over libpq against a real server: both directions and formats, errors in the middle, data
// that nobody takes, cancels and losses. After each of them the session is usable, or lost; never out of step.
#include "tests/integration/postgres_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory.hpp"

#include <fstream>
#include <thread>

using namespace tripool;
using namespace tripool::test;
using kind = wire_result::kind;

namespace {

/// The session takes ordinary operations and answers each with what belongs to it.
void check_usable(driven_session& s) {
  const auto first = s.heard.results.size();
  queue_with_sync(s, "select 'first'");
  queue_with_sync(s, "select 1/0");
  queue_with_sync(s, "select 'third'");
  REQUIRE(s.await_results(first + 6));
  const auto* r = &s.heard.results[first];
  CHECK(r[0].rows.raw(0, 0) == "first");
  CHECK(r[1].what == kind::sync);
  CHECK(r[2].error.sqlstate == "22012");
  CHECK(r[3].what == kind::sync);
  CHECK(r[4].rows.raw(0, 0) == "third");
  CHECK(r[5].what == kind::sync);
  CHECK(s.heard.losses.empty());
}

} // namespace

TEST_CASE("rows are copied in as text, and out again", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int, name text)");
  REQUIRE(s.begin_copy("copy c from stdin"));
  CHECK(s.heard.copies.back().direction == copy_direction::in);
  CHECK(s.heard.copies.back().format == result_format::text);
  CHECK(s.heard.copies.back().columns == 2);
  CHECK_FALSE(s->execute("select 1", {}, result_format::text)); // not while it lasts
  CHECK_FALSE(s->sync());
  CHECK_FALSE(s->begin_copy("copy c from stdin"));
  CHECK(s.put("1\ton"));
  CHECK(s.put("e\n2\t\\N\n"));
  CHECK(s.put(""));
  const auto in = s.end_copy();
  CHECK(in.what == kind::complete);
  CHECK(in.rows.command_tag() == "COPY 2");
  CHECK(in.transaction_status == 'I');
  CHECK_FALSE(s->copy_put({}));
  CHECK_FALSE(s->copy_end(std::nullopt));
  check_usable(s);
  const auto first = s.heard.results.size();
  REQUIRE(s.begin_copy("copy c to stdout"));
  CHECK(s.heard.copies.back().direction == copy_direction::out);
  REQUIRE(s.await_results(first + 1));
  CHECK(s.heard.copied == "1\tone\n2\t\\N\n");
  CHECK(s.heard.results.back().rows.command_tag() == "COPY 2");
  check_usable(s);
}

TEST_CASE("rows are copied in binary both ways", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  const std::string signature{"PGCOPY\n\xff\r\n\0", 11};
  const std::string data = signature + std::string(8, '\0') + std::string{"\0\1\0\0\0\4\0\0\1\2\xff\xff", 12};
  REQUIRE(s.begin_copy("copy c from stdin (format binary)"));
  CHECK(s.heard.copies.back().format == result_format::binary);
  CHECK(s.put(data));
  CHECK(s.end_copy().rows.command_tag() == "COPY 1");
  CHECK(s.value("select id from c") == "258");
  const auto first = s.heard.results.size();
  REQUIRE(s.begin_copy("copy c to stdout (format binary)"));
  REQUIRE(s.await_results(first + 1));
  CHECK(s.heard.copied == data);
  check_usable(s);
}

TEST_CASE("a bad row in the middle is told while data is still sent, and leaves the session usable",
          "[postgres][copy]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  for (const auto& target : {server.target(), server.unix_target()}) {
    driven_session s{factory, target, server.password()};
    REQUIRE(s.open());
    s.run("create temp table c(id int)");
    const auto first = s.heard.results.size();
    REQUIRE(s.begin_copy("copy c from stdin"));
    CHECK(s.put("1\nbad\n"));
    // The server reads whole buffers: it may want more before it looks at a row.
    const std::string more(100'000, '7');
    int puts = 0;
    while (s.heard.results.size() == first && puts < 10'000 && s.put(more + "\n")) {
      ++puts;
      s.run_until([&] { return s.heard.results.size() > first; }, std::chrono::milliseconds{1});
    }
    CHECK(puts < 10'000);
    REQUIRE(s.await_results(first + 1));
    CHECK(s.heard.results[first].what == kind::error);
    CHECK(s.heard.results[first].error.sqlstate == "22P02");
    CHECK_FALSE(s.put("1\n"));
    CHECK_FALSE(s->copy_end(std::nullopt));
    CHECK(s.value("select count(*) from c") == "0");
    check_usable(s);
  }
}

TEST_CASE("a bad row at the head of a piece that no socket takes at once is told as well", "[postgres][copy]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  for (const auto& target : {server.target(), server.unix_target()}) {
    driven_session s{factory, target, server.password()};
    REQUIRE(s.open());
    s.run("create temp table c(id int)");
    std::string piece = "bad\n";
    piece.resize(32'000'000, '7');
    // While most of it waits to be written the server's answer comes, and must not be lost in what libpq has read.
    for (int i = 0; i < 3; ++i) {
      const auto first = s.heard.results.size();
      REQUIRE(s.begin_copy("copy c from stdin"));
      CHECK(s->copy_put(std::as_bytes(std::span{piece})));
      REQUIRE(s.await_results(first + 1));
      CHECK(s.heard.results[first].error.sqlstate == "22P02");
      CHECK_FALSE(s.put("1\n"));
    }
    check_usable(s);
  }
}

TEST_CASE("errors of every kind at every point of a COPY leave the session in step", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int primary key, d int unique deferrable initially deferred check (d > 0))");
  s.run("create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$");
  s.run("create function pg_temp.talk() returns trigger language plpgsql as $$ begin raise notice 'hm'; return new; "
        "end $$");
  s.run("create temp table early(id int)");
  s.run("create trigger t before insert on early for each statement execute function pg_temp.refuse()");
  s.run("create temp table chatty(id int)");
  s.run("create trigger t before insert on chatty for each row execute function pg_temp.talk()");
  const auto refused = [&](const std::string& text, const std::string& data) {
    INFO(text << " " << data);
    const auto first = s.heard.results.size();
    if (s.begin_copy(text)) {
      s.put(data);
      s->copy_end(std::nullopt);
    }
    REQUIRE(s.await_results(first + 1));
    CHECK(s.heard.results[first].what == kind::error);
    CHECK(s.heard.results[first].transaction_status == 'I');
    const auto sqlstate = s.heard.results[first].error.sqlstate;
    check_usable(s);
    return sqlstate;
  };
  CHECK(refused("copy missing from stdin", "") == "42P01");
  CHECK(refused("copy c(nope) from stdin", "") == "42703");
  CHECK(refused("copy c frum stdin", "") == "42601");
  CHECK(refused("copy c to stdin where", "") == "42601");
  CHECK(refused("copy c from stdin", "1\n") == "22P04");
  CHECK(refused("copy c from stdin", "1\t1\t1\n") == "22P04");
  CHECK(refused("copy c from stdin", "1\tx\n") == "22P02");
  CHECK(refused("copy c from stdin", "1\t0\n") == "23514");
  CHECK(refused("copy c from stdin", "1\t1\n1\t2\n") == "23505");
  CHECK(refused("copy c from stdin", "1\t1\n2\t1\n") == "23505"); // at its commit
  CHECK(refused("copy c from stdin", std::string{"1\t\0\n", 4}) == "22021");
  CHECK(refused("copy c from stdin (format binary)", "no signature at all") == "22P04");
  CHECK(refused("copy early from stdin", "1\n") == "P0001"); // before the server read any data
  CHECK(refused("copy (select 1/0) to stdout", "") == "22012");
  CHECK(refused("copy (select 10/(5-i) from generate_series(1, 9) i) to stdout", "") == "22012");
  CHECK(refused("select 1", "") == "42601");
  CHECK(refused("", "") == "42601");
  CHECK(s.value("select count(*) from c") == "0");
  // Notices in the middle are told, and do no harm.
  REQUIRE(s.begin_copy("copy chatty from stdin"));
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(s.put("1\n"));
  }
  CHECK(s.end_copy().rows.command_tag() == "COPY 1000");
  CHECK(s.heard.notices.size() == 1000);
  check_usable(s);
}

TEST_CASE("a COPY that its owner fails keeps nothing", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  REQUIRE(s.begin_copy("copy c from stdin"));
  CHECK(s.put("1\n2\n"));
  const auto x = s.end_copy("the source ran dry");
  CHECK(x.what == kind::error);
  CHECK(x.error.sqlstate == "57014");
  CHECK(x.error.message.find("the source ran dry") != std::string::npos);
  CHECK(s.value("select count(*) from c") == "0");
  check_usable(s);
}

TEST_CASE("a COPY in a transaction shares its fate and tells its status", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  s.run("begin");
  REQUIRE(s.begin_copy("copy c from stdin"));
  CHECK(s.put("1\n"));
  CHECK(s.end_copy().transaction_status == 'T');
  CHECK(s.value("select count(*) from c") == "1");
  s.run("rollback");
  CHECK(s.value("select count(*) from c") == "0");
  s.run("begin");
  REQUIRE(s.begin_copy("copy c from stdin"));
  CHECK(s.put("x\n"));
  CHECK(s.end_copy().transaction_status == 'E');
  CHECK(s.run("select 1").error.sqlstate == "25P02");
  CHECK(s.run("commit").rows.command_tag() == "ROLLBACK");
  CHECK(s.heard.results.back().transaction_status == 'I');
}

TEST_CASE("100 MB wait in the server while their consumer pauses", "[postgres][copy]") {
  const auto server = session_server::primary();
  postgres::session_factory factory;
  for (const auto& target : {server.target(), server.unix_target()}) {
    driven_session s{factory, target, server.password()};
    REQUIRE(s.open());
    std::size_t since_pause = 0;
    std::size_t pauses = 0;
    bool paused = false;
    s.heard.after_copy_data = [&](std::span<const std::byte> piece) {
      CHECK_FALSE(paused);
      since_pause += piece.size();
      if (since_pause >= 5'000'000) {
        s->pause_copy();
        paused = true;
      }
    };
    const auto first = s.heard.results.size();
    reset_peak();
    const auto before = resident_bytes("VmRSS");
    REQUIRE(s.begin_copy("copy (select repeat('x', 999) from generate_series(1, 100000)) to stdout"));
    while (s.run_until([&] { return paused || s.heard.results.size() > first; }, std::chrono::seconds{60})
           && s.heard.results.size() == first) {
      CHECK_FALSE(s->interest().read);
      // Nothing happens while it is paused, however long that is.
      CHECK_FALSE(s.run_until([&] { return s.heard.results.size() > first; }, std::chrono::milliseconds{10}));
      ++pauses;
      since_pause = 0;
      paused = false;
      s->resume_copy(s.heard);
    }
    REQUIRE(s.heard.results.size() == first + 1);
    CHECK(s.heard.results[first].rows.command_tag() == "COPY 100000");
    CHECK(s.heard.copied_bytes == 100'000'000);
    CHECK(pauses >= 19);
    if (memory_can_be_measured) CHECK(resident_bytes("VmHWM") < before + 8'000'000);
    check_usable(s);
  }
}

TEST_CASE("100 MB go in with bounded memory when each piece waits until the last is written", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(x text)");
  const std::string piece = std::string(99'999, 'x') + '\n';
  REQUIRE(s.begin_copy("copy c from stdin"));
  reset_peak();
  const auto before = resident_bytes("VmRSS");
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(s.put(piece));
  }
  if (memory_can_be_measured) CHECK(resident_bytes("VmHWM") < before + 4'000'000);
  CHECK(s.end_copy().rows.command_tag() == "COPY 1000");
  CHECK(s.value("select sum(length(x)) from c") == "99999000");
}

TEST_CASE("a cancel ends a COPY in either direction and leaves the session usable", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  const auto canceller = s->make_canceller();
  const auto cancel = [&] {
    std::optional<std::string> error;
    std::thread helper{[&] { error = canceller->cancel(); }};
    helper.join();
    CHECK(error == std::nullopt);
  };
  SECTION("out, while its consumer pauses: it must go on to see the end") {
    s.heard.after_copy_data = [&](auto) {
      if (s.heard.copied_bytes < 1000) {
        s->pause_copy();
      }
    };
    const auto first = s.heard.results.size();
    REQUIRE(s.begin_copy("copy (select repeat('x', 999) from (select generate_series(1, 100000000)) rows) to stdout"));
    REQUIRE(s.run_until([&] { return s.heard.copied_bytes > 0; }));
    cancel();
    s->resume_copy(s.heard);
    REQUIRE(s.await_results(first + 1));
    CHECK(s.heard.results[first].error.sqlstate == "57014");
  }
  SECTION("in, when the next data comes") {
    REQUIRE(s.begin_copy("copy c from stdin"));
    CHECK(s.put("1\n"));
    const auto first = s.heard.results.size();
    cancel();
    CHECK(s.put("2\n"));
    REQUIRE(s.await_results(first + 1));
    CHECK(s.heard.results[first].error.sqlstate == "57014");
    CHECK(s.value("select count(*) from c") == "0");
  }
  check_usable(s);
}

TEST_CASE("a session that ends in the middle of a COPY is lost with the server's SQLSTATE", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  SECTION("in") {
    REQUIRE(s.begin_copy("copy c from stdin"));
    CHECK(s.put("1\n"));
  }
  SECTION("out, while its consumer pauses") {
    s.heard.after_copy_data = [&](auto) { s->pause_copy(); };
    REQUIRE(s.begin_copy("copy (select repeat('x', 999) from (select generate_series(1, 100000000)) rows) to stdout"));
    REQUIRE(s.run_until([&] { return s.heard.copied_bytes > 0; }));
    terminate(f);
    s.heard.after_copy_data = [](auto) {};
    s->resume_copy(s.heard);
    REQUIRE(s.await_loss());
    CHECK_FALSE(s->copy_put({}));
    return; // a server that cannot write cannot say why
  }
  const auto first = s.heard.results.size();
  terminate(f);
  REQUIRE(s.await_loss());
  CHECK(s.heard.losses.front().sqlstate == "57P01");
  REQUIRE(s.heard.results.size() == first + 1);
  CHECK(s.heard.results.back().error.sqlstate == "57P01");
  CHECK_FALSE(s->copy_put({}));
  CHECK_FALSE(s->copy_end(std::nullopt));
  CHECK_FALSE(s->begin_copy("copy c from stdin"));
}

TEST_CASE("a COPY is begun on an idle session only", "[postgres][copy]") {
  open_session f;
  auto& s = f.session;
  queue(s, "select 1");
  CHECK_FALSE(s->begin_copy("copy (select 1) to stdout"));
  REQUIRE(s->sync());
  CHECK_FALSE(s->begin_copy("copy (select 1) to stdout"));
  REQUIRE(s.await_results(2));
  // From inside the sink, when the last answer is there, and again when it has ended.
  int left = 4;
  s.heard.after_result = [&] {
    if (s.heard.results.back().rows.command_tag() != "SELECT 1" && left-- > 0) {
      REQUIRE(s->begin_copy(left % 2 == 0 ? "copy (select 1) to stdout" : "copy missing from stdin"));
      s->flush(s.heard);
    }
  };
  queue_with_sync(s, "select 1");
  REQUIRE(s.await_results(8));
  s.heard.after_result = nullptr;
  CHECK(left == -1);
  CHECK(kinds(s)
        == std::vector{kind::complete, kind::sync, kind::complete, kind::sync, kind::error, kind::complete, kind::error,
                       kind::complete});
  check_usable(s);
}
