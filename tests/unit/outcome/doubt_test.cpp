// What a transaction's status proves, and where it proves nothing.
#include "tripool/core/outcome/doubt.hpp"

#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace tripool;

namespace {

result answer_of(std::vector<owned_result::cell> cells) {
  std::vector<owned_result::column> columns(cells.size());
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back(std::move(cells));
  return result{std::make_shared<const owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

const transaction_identity mine{"731", "7000000000000000001", "00000002", "2026-01-01"};

fate_finding judge(std::string system, std::string timeline, std::string incarnation, owned_result::cell status) {
  return judge_status(mine,
                      answer_of({std::move(system), std::move(timeline), std::move(incarnation), std::move(status)}));
}

} // namespace

TEST_CASE("doubt: a status on the same cluster and timeline settles it", "[doubt]") {
  CHECK(judge(mine.system, mine.timeline, mine.incarnation, "committed").what == transaction_fate::committed);
  CHECK(judge(mine.system, mine.timeline, mine.incarnation, "aborted").what == transaction_fate::not_committed);
  CHECK(judge(mine.system, mine.timeline, mine.incarnation, "in progress").what == transaction_fate::under_way);
}

TEST_CASE("doubt: another cluster, timeline or a forgotten id proves nothing, and says so", "[doubt]") {
  for (const auto& x :
       {judge("1", mine.timeline, mine.incarnation, {}), judge(mine.system, "00000003", mine.incarnation, {}),
        judge("1", mine.timeline, mine.incarnation, "committed"),
        judge(mine.system, "00000003", mine.incarnation, "aborted"),
        judge(mine.system, mine.timeline, mine.incarnation, {}), judge_status(mine, result{})}) {
    CHECK(x.what == transaction_fate::unknown);
    CHECK_FALSE(x.why.empty());
  }
}

TEST_CASE("doubt: after a crash only a rollback is believed", "[doubt]") {
  CHECK(judge(mine.system, mine.timeline, "later", "committed").what == transaction_fate::unknown);
  CHECK(judge(mine.system, mine.timeline, "later", "aborted").what == transaction_fate::not_committed);
}

TEST_CASE("doubt: an id in the server's future was lost in a crash; a server that is not there is asked again",
          "[doubt]") {
  failure f;
  f.kind = outcome::rejected;
  f.sqlstate = "22023";
  CHECK(judge_status(f).what == transaction_fate::not_committed);
  f.sqlstate = "42501";
  CHECK(judge_status(f).what == transaction_fate::unknown);
  f.kind = outcome::not_executed;
  CHECK(judge_status(f).what == transaction_fate::under_way);
}

TEST_CASE("doubt: an identity needs an id and a cluster", "[doubt]") {
  REQUIRE(identity_of(answer_of({"731", "7", "00000002", ""})));
  CHECK(identity_of(answer_of({"731", "7", "00000002", ""}))->xid == "731");
  CHECK_FALSE(identity_of(answer_of({{}, "7", "00000002", ""})));
  CHECK_FALSE(identity_of(result{}));
}
