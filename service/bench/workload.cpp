// The benchmark's questions and the check of their answers.
#include "service/bench/workload.hpp"

#include "tripool/core/result/row.hpp"

#include <utility>

namespace tripool::bench {

namespace {

statement make(const char* text, std::vector<parameter> parameters, access mode) {
  statement s;
  s.text = text;
  s.parameters = std::move(parameters);
  s.mode = mode;
  return s;
}

constexpr const char* select_text = "select $1::int";
constexpr const char* point_text = "select aid, abalance from pgbench_accounts where aid = $1";
constexpr const char* update_text = "update pgbench_accounts set abalance = abalance + $1 where aid = $2";
constexpr const char* rows_text =
  "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000";

bool first_is(const result& x, std::int64_t expected) {
  if (x.size() != 1) return false;
  const auto value = x[0].get<std::int64_t>(0);
  return value && *value == expected;
}

} // namespace

std::optional<workload> workload_from(const std::string& name) {
  if (name == "select1") return workload::select1;
  if (name == "point") return workload::point;
  if (name == "update") return workload::update;
  if (name == "rows1000") return workload::rows1000;
  if (name == "tx") return workload::tx;
  if (name == "mixed") return workload::mixed;
  return std::nullopt;
}

question next_question(workload w, splitmix64& random, std::int64_t accounts, access mode) {
  const auto draw = random.next();
  const auto aid = static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(accounts)) + 1;
  if (w == workload::mixed) w = (draw >> 40U) % 5 == 0 ? workload::update : workload::point;
  switch (w) {
    case workload::select1: return {make(select_text, {aid}, mode), aid, w};
    case workload::point: return {make(point_text, {aid}, mode), aid, w};
    case workload::update: return {make(update_text, {1, aid}, access::write), 1, w};
    case workload::rows1000: {
      const auto first = aid > 1000 ? aid - 1000 : 1;
      return {make(rows_text, {first}, mode), first, w};
    }
    case workload::tx:
    case workload::mixed: break;
  }
  batch b;
  b.statements.push_back(make(update_text, {1, aid}, access::write));
  b.statements.push_back(make(point_text, {aid}, access::write));
  return {std::move(b), aid, workload::tx};
}

bool is_right(const question& q, const result& x) {
  if (q.kind == workload::update) return x.affected_rows() == 1;
  if (q.kind != workload::rows1000) return first_is(x, q.expected);
  if (x.size() != 1000) return false;
  std::int64_t next = q.expected;
  for (const auto row : x) {
    const auto aid = row.get<std::int64_t>(0);
    const auto bid = row.get<std::int32_t>(1);
    const auto balance = row.get<std::int32_t>(2);
    const auto filler = row.get<std::string_view>(3);
    if (!aid || !bid || !balance || !filler || *aid != next++) return false;
  }
  return true;
}

bool is_right(const question& q, const reply& x) {
  return x.results.size() == 2 && x.results[0].affected_rows() == 1 && first_is(x.results[1], q.expected);
}

} // namespace tripool::bench
