// How sessions end against a real server: cancelled, terminated, crashed, promoted under their feet, or led into COPY.
// What a caller may be told about its statement depends on what is delivered here, and in which order.
#include "tests/integration/postgres_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

using namespace tripool;
using namespace tripool::test;
using kind = wire_result::kind;

TEST_CASE("a cancel stops what runs, from another thread, and more than once", "[postgres]") {
  open_session f;
  auto& s = f.session;
  const auto canceller = s->make_canceller();
  REQUIRE(canceller);
  open_session other{f.server};
  for (int i = 0; i < 2; ++i) {
    const auto first = s.heard.results.size();
    queue_with_sync(s, "select pg_sleep(60)");
    s->flush(s.heard);
    const auto running =
      "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep%' "
      "and wait_event = 'PgSleep'";
    REQUIRE(other.session.run_until([&] { return other.session.value(running) == "1"; }));
    std::optional<std::string> error;
    std::thread helper{[&] { error = canceller->cancel(); }};
    helper.join();
    CHECK(error == std::nullopt);
    REQUIRE(s.await_results(first + 2));
    CHECK(s.heard.results[first].error.sqlstate == "57014");
  }
  CHECK(s.value("select 1") == "1");
}

TEST_CASE("a canceller outlives its session", "[postgres]") {
  std::unique_ptr<canceller> c;
  {
    open_session f;
    c = f.session->make_canceller();
  }
  CHECK(c->cancel() == std::nullopt); // the server ignores a backend that is gone
}

TEST_CASE("an idle session that is terminated is lost at once with the server's SQLSTATE", "[postgres]") {
  open_session f;
  terminate(f);
  REQUIRE(f.session.await_loss());
  const auto& loss = f.session.heard.losses.front();
  CHECK(loss.during == session_loss::phase::open);
  CHECK(loss.sqlstate == "57P01");
  CHECK(loss.message.find("terminating connection due to administrator command") != std::string::npos);
  CHECK(f.session.heard.results.empty());
  CHECK_FALSE(f.session->execute("select 1", {}, result_format::text));
  CHECK_FALSE(f.session->sync());
  CHECK(f.session->flush(f.session.heard));
  CHECK(f.session->interest().fd == -1);
  CHECK(f.session.heard.losses.size() == 1);
}

TEST_CASE("a FATAL answers the statement that ran; what arrived before comes first, what stood behind gets nothing",
          "[postgres]") {
  open_session f;
  auto& s = f.session;
  queue_with_sync(s, "select 1");
  queue(s, "select pg_terminate_backend(pg_backend_pid()), pg_sleep(60)");
  queue(s, "select 3");
  REQUIRE(s->sync());
  queue_with_sync(s, "select 4");
  s->flush(s.heard);
  REQUIRE(s.await_loss());
  CHECK(kinds(s) == std::vector{kind::complete, kind::sync, kind::error, kind::aborted});
  CHECK(s.heard.results[2].error.severity == "FATAL");
  CHECK(s.heard.results[2].error.sqlstate == "57P01");
  CHECK(s.heard.calls.back() == "lost");
  REQUIRE(s.heard.losses.size() == 1);
  CHECK(s.heard.losses.front().sqlstate == "57P01");
}

TEST_CASE("a statement that meets a session terminated in between is answered by that FATAL or by the loss",
          "[postgres]") {
  open_session f;
  terminate(f);
  auto& s = f.session;
  queue_with_sync(s, "select 1");
  s->flush(s.heard);
  REQUIRE(s.await_loss());
  CHECK(s.heard.losses.front().sqlstate == "57P01");
  CHECK(std::none_of(s.heard.results.begin(), s.heard.results.end(),
                     [](const wire_result& x) { return x.what == kind::complete || x.what == kind::sync; }));
}

TEST_CASE("COPY FROM STDIN is answered with an error and ends the session", "[postgres]") {
  open_session f;
  auto& s = f.session;
  s.run("create temp table c(id int)");
  const auto first = s.heard.results.size();
  queue_with_sync(s, "copy c from stdin");
  queue_with_sync(s, "select 1");
  s->flush(s.heard);
  REQUIRE(s.await_loss());
  REQUIRE(s.heard.results.size() == first + 1);
  CHECK(s.heard.results[first].error.sqlstate == "0A000");
  CHECK(s.heard.losses.front().message.find("COPY") != std::string::npos);
}

TEST_CASE("COPY TO STDOUT ends the session", "[postgres]") {
  open_session f;
  queue_with_sync(f.session, "copy (select 1) to stdout");
  f.session->flush(f.session.heard);
  REQUIRE(f.session.await_loss());
  CHECK(f.session.heard.results.empty());
  CHECK(f.session.heard.losses.front().message.find("COPY") != std::string::npos);
}

TEST_CASE("a crash of another backend ends sessions with 57P02, also idle ones", "[postgres]") {
  open_session idle;
  open_session busy{idle.server};
  open_session victim{idle.server};
  queue_with_sync(busy.session, "select pg_sleep(60)");
  busy.session->flush(busy.session.heard);
  REQUIRE(::kill(victim.session.heard.opened->backend_pid, SIGKILL) == 0);
  for (auto* s : {&idle.session, &busy.session}) {
    REQUIRE(s->await_loss());
    CHECK(s->heard.losses.front().sqlstate == "57P02");
    CHECK(s->heard.losses.front().message.find("crash of another server process") != std::string::npos);
    CHECK(s->heard.results.empty());
  }
  // The server recovers by itself; meanwhile it refuses with 57P03.
  REQUIRE(idle.session.run_until([&] {
    driven_session again{idle.factory, idle.server.target(), idle.server.password()};
    if (!again.open()) {
      CHECK(again.heard.losses.front().sqlstate == "57P03");
    }
    return again.heard.opened.has_value();
  }));
}

TEST_CASE("an immediate shutdown ends sessions with 57P01, and then there is nobody to cancel at", "[postgres]") {
  open_session f;
  const auto canceller = f.session->make_canceller();
  must(shared_cluster().stop_member(0, cluster::stop_mode::immediate));
  REQUIRE(f.session.await_loss());
  CHECK(f.session.heard.losses.front().sqlstate == "57P01");
  const auto error = canceller->cancel();
  REQUIRE(error.has_value());
  CHECK_FALSE(error->empty());
}

TEST_CASE("a promotion is told with the next sync of a session on the standby", "[postgres]") {
  auto& home = shared_cluster();
  open_session f{session_server{home.at(1), ""}};
  CHECK(f.session.heard.opened->in_hot_standby == true);
  CHECK(f.session.run("create table t()").error.sqlstate == "25006");
  must(home.promote(1));
  CHECK(f.session.value("select pg_is_in_recovery()") == "f");
  REQUIRE(f.session.heard.parameters.size() == 1);
  CHECK(f.session.heard.parameters.front() == std::pair<std::string, std::string>{"in_hot_standby", "off"});
}
