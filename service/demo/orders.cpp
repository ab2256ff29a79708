// The shop's SQL.
#include "service/demo/orders.hpp"

#include "tripool/core/result/row.hpp"

#include <string>
#include <tuple>
#include <utility>

namespace tripool::demo {

namespace {

std::string note_of(std::int64_t id) {
  return "order " + std::to_string(id);
}

std::int64_t customer_of(std::int64_t id) {
  return id % 97;
}

statement insert_order(std::int64_t key, std::int64_t customer) {
  return {"insert into orders (id, customer, note) values ($1, $2, $3)", {key, customer, note_of(key)}};
}

} // namespace

batch make_tables() {
  batch out;
  for (const char* text : {
         "create table orders (id bigint not null, customer bigint not null, note text not null,"
         " placed_at timestamptz not null default now())",
         "create index on orders (id)",
         "create table order_lines (order_id bigint not null, article bigint not null, quantity bigint not null)",
         "create index on order_lines (order_id)",
         "create table articles (id bigint primary key, sold bigint not null)",
       }) {
    out.statements.push_back({text, {}});
  }
  out.statements.push_back({"insert into orders (id, customer, note)"
                            " select n, n % 97, 'order ' || n from generate_series(1, $1::bigint) as n",
                            {old_orders}});
  out.statements.push_back(
    {"insert into articles (id, sold) select n, 0 from generate_series(1, $1::bigint) as n", {articles}});
  return out;
}

statement read_order(std::int64_t id) {
  statement out{"select customer, note, inet_server_port() from orders where id = $1", {id}};
  out.mode = access::read;
  return out;
}

read_answer judge_read(std::int64_t id, const result& r) {
  const auto found = r.one<std::tuple<std::int64_t, std::string, std::int64_t>>();
  if (!found) return {};
  const auto& [customer, note, port] = *found;
  return {static_cast<std::uint16_t>(port), customer == customer_of(id) && note == note_of(id)};
}

statement place_order(std::int64_t key, std::int64_t customer) {
  return insert_order(key, customer);
}

batch place_order_with_line(std::int64_t key, std::int64_t customer, std::int64_t article, std::int64_t quantity) {
  batch out;
  out.statements.push_back(insert_order(key, customer));
  out.statements.push_back(
    {"insert into order_lines (order_id, article, quantity) values ($1, $2, $3)", {key, article, quantity}});
  out.statements.push_back({"update articles set sold = sold + $2 where id = $1", {article, quantity}});
  return out;
}

statement find_orders(std::int64_t first, std::int64_t last) {
  return {"select key, sum(o)::bigint, sum(l)::bigint from ("
          "select id as key, 1 as o, 0 as l from orders where id between $1 and $2 union all "
          "select order_id, 0, 1 from order_lines where order_id between $1 and $2) as found group by key",
          {first, last}};
}

std::optional<std::vector<found_order>> read_found(const result& r) {
  auto rows = r.all<found_order>();
  if (!rows) return std::nullopt;
  return std::move(*rows);
}

statement compare_sales() {
  return {"select count(*), inet_server_port() from articles as a"
          " left join (select article, sum(quantity) as quantity from order_lines group by article) as l"
          " on l.article = a.id where a.sold <> coalesce(l.quantity, 0)",
          {}};
}

std::optional<sales_answer> read_sales(const result& r) {
  const auto found = r.one<std::tuple<std::int64_t, std::int64_t>>();
  if (!found) return std::nullopt;
  return sales_answer{std::get<0>(*found), static_cast<std::uint16_t>(std::get<1>(*found))};
}

} // namespace tripool::demo
