// LISTEN and NOTIFY on the simulated server: what actor tests take for granted about them.
#include "tests/support/catch.hpp"
#include "tests/support/driven_session.hpp"
#include "tests/support/sim_session.hpp"

#include "tripool/core/listen/channel.hpp"

#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;

namespace {

struct world {
  world() {
    net.add("db", 5432, db);
    to.host = "db";
  }

  sim_server db;
  sim_network net;
  dial_target to;
  sim_session_factory factory{net};
};

/// A session that says what it heard as "channel=payload".
struct client {
  explicit client(world& w) : session(w.factory, w.to, {}) { REQUIRE(session.open()); }

  /// Runs statements behind one Sync.
  void run(const std::vector<std::string>& all) {
    for (const auto& sql : all) REQUIRE(session->execute(sql, {}, result_format::text));
    REQUIRE(session->sync());
    session->flush(session.heard);
    session->on_ready(true, true, session.heard);
  }
  std::vector<std::string> heard() {
    session->on_ready(true, true, session.heard);
    std::vector<std::string> out;
    for (const auto& x : session.heard.notifications) out.push_back(x.channel + '=' + x.payload);
    return out;
  }

  driven_session session;
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a simulated notification reaches those who listen, when it is committed", "[sim][listen]") {
  world w;
  client ear{w};
  client mouth{w};
  ear.run({listen_text("a"), listen_text("b c")});
  mouth.run({"begin", "notify a 1"});
  CHECK(ear.heard().empty());
  mouth.run({"commit"});
  mouth.run({"begin", "notify a never", "rollback"});
  w.db.notify("b c", "two words");
  w.db.notify("other", "x");
  CHECK(ear.heard() == lines{"a=1", "b c=two words"});
  CHECK(mouth.heard().empty());
  CHECK(ear.session.heard.notifications.front().backend_pid == mouth.session.heard.opened->backend_pid);
}

TEST_CASE("a simulated LISTEN takes effect when it is committed, and UNLISTEN ends it", "[sim][listen]") {
  world w;
  client x{w};
  x.run({"begin", listen_text("a"), "rollback"});
  w.db.notify("a", "1");
  x.run({"begin", listen_text("a")});
  w.db.notify("a", "2");
  x.run({"commit"});
  w.db.notify("a", "3");
  x.run({unlisten_text("a")});
  w.db.notify("a", "4");
  CHECK(x.heard() == lines{"a=3"});
}

TEST_CASE("a simulated session in a transaction hears what it was told once that is over", "[sim][listen]") {
  world w;
  client x{w};
  x.run({listen_text("a")});
  x.run({"begin"});
  w.db.notify("a", "1");
  CHECK(x.heard().empty());
  x.run({"notify a own", "commit"});
  CHECK(x.heard() == lines{"a=1", "a=own"});
}

TEST_CASE("a simulated standby refuses to listen and to notify", "[sim][listen]") {
  world w;
  w.db.make_standby();
  client x{w};
  x.run({listen_text("a")});
  REQUIRE(x.session.heard.results.size() == 2);
  CHECK(x.session.heard.results[0].error.sqlstate == "25006");
}
