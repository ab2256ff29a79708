// Notices reach the result of the statement that caused them, and no other.
#include "tests/support/catch.hpp"
#include "tests/support/pipeline_bench.hpp"

#include "tripool/core/result/noticed_result.hpp"

using namespace tripool;
using namespace tripool::test;

namespace {

sim_fault notice_for(std::string text, std::string sqlstate, fault_point at = fault_point::before) {
  return {std::move(text), at, fault_kind::notice, std::move(sqlstate)};
}

} // namespace

TEST_CASE("each result has its own statement's notices", "[pipeline][notices]") {
  pipeline_bench b;
  b.db.script().add(notice_for("insert 1 a", "01003"));
  b.db.script().add(notice_for("insert 1 a", "01004"));
  b.db.script().add(notice_for("select 2", "01006"));
  const auto a = b.write("insert 1 a"), c = b.write("insert 2 b"), r = b.read("select 2"), s = b.read("select 3");
  b.drain();
  REQUIRE(a->is_done());
  const auto& first = a->done->results.front();
  REQUIRE(first.notices().size() == 2);
  CHECK(first.notices()[0].sqlstate == "01003");
  CHECK(first.notices()[0].severity == "WARNING");
  CHECK(first.notices()[1].sqlstate == "01004");
  CHECK(first.command_tag() == "INSERT 0 1");
  REQUIRE(r->is_done());
  CHECK(r->done->results.front().notices().size() == 1);
  CHECK(c->done->results.front().notices().empty());
  CHECK(s->done->results.front().notices().empty());
}

TEST_CASE("a batch has them by statement, and its COMMIT's at the last one", "[pipeline][notices]") {
  pipeline_bench b;
  b.db.script().add(notice_for("insert 1 a", "01003"));
  b.db.script().add(notice_for("insert 2 b", "01007", fault_point::before_commit));
  const auto a = b.run_batch({"insert 1 a", "insert 2 b"});
  b.drain();
  REQUIRE(a->is_done());
  const auto& all = a->done->results;
  REQUIRE(all[0].notices().size() == 1);
  CHECK(all[0].notices()[0].sqlstate == "01003");
  REQUIRE(all[1].notices().size() == 1);
  CHECK(all[1].notices()[0].sqlstate == "01007");
}

TEST_CASE("notices of an attempt that was rolled back are forgotten", "[pipeline][notices]") {
  pipeline_bench b;
  b.db.script().add(notice_for("insert 1 a", "01003"));
  b.db.script().add({"insert 1 a", fault_point::after, fault_kind::error, "40001"});
  const auto a = b.write("insert 1 a");
  b.drain();
  REQUIRE(a->is_done());
  CHECK(a->done->results.front().notices().empty());
}

TEST_CASE("notices are bounded in number and bytes, and say so", "[notices]") {
  notice_list many;
  for (int i = 0; i < 1000; ++i) many.add({"NOTICE", "00000", "n" + std::to_string(i), {}, {}, {}});
  auto kept = many.take();
  REQUIRE(kept.size() == notice_list::count_max + 1);
  CHECK(kept.front().message == "n0");
  CHECK(kept.back().message == "900 further notices were left out");
  CHECK(many.empty());
  notice_list large;
  for (int i = 0; i < 10; ++i) large.add({"NOTICE", "00000", std::string(20'000, 'x'), {}, {}, {}});
  CHECK(large.take().size() == 4);
}

TEST_CASE("a result with notices is read as it was without", "[notices]") {
  const result plain{std::make_shared<owned_result>("SELECT 1", std::vector<owned_result::column>{{"a", 25, {}}},
                                                    std::vector<std::vector<owned_result::cell>>{{{"x"}}})};
  const auto x = with_notices(with_notices(plain, {{"NOTICE", "00000", "one", {}, {}, {}}}),
                              {{"WARNING", "01000", "two", {}, {}, {}}});
  CHECK(x.size() == 1);
  CHECK(x.column_name(0) == "a");
  CHECK(x.column_type(0) == 25);
  CHECK(x.raw(0, 0) == "x");
  CHECK(x.command_tag() == "SELECT 1");
  REQUIRE(x.notices().size() == 2);
  CHECK(x.notices()[0].message == "one");
  CHECK(x.notices()[1].message == "two");
  CHECK(plain.notices().empty());
  CHECK(with_notices(plain, {}).data() == plain.data());
}
