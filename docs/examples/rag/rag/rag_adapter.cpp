// Each message of the port: what is asked of the delegate, and what its answer means to the port.
#include "rag/rag_adapter.hpp"

#include "rag/fusion.hpp"
#include "rag/queries.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

namespace rag {

/// What is sent until it is settled, and to whom the port owes its end.
struct writing {
  tripool::batch what;
  caf::response_promise to;
  std::function<caf::message(const tripool::reply&)> make;
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  std::chrono::milliseconds pause{50};
};

namespace {

/// What the port says of a failure.
refusal refused(const tripool::failure& f) {
  return {to_string(f), f.kind != tripool::outcome::rejected};
}

refusal unreadable(const tripool::decode_error& e) {
  return {"the store has rows of another shape: " + e.message, false};
}

/// Makes what is missing, in one transaction, and says whether pgvector keeps the vectors.
tripool::transaction_task<bool> furnish(tripool::transaction_scope& tx, open_store x) {
  bool by_pgvector = false;
  if (x.kind != vector_kind::plain) {
    const auto offered = co_await tx.execute(queries::offers_pgvector);
    by_pgvector = offered.one<bool>().value();
    if (by_pgvector || x.kind == vector_kind::pgvector) {
      co_await tx.savepoint("extension");
      const auto made = co_await tx.attempt("create extension if not exists vector");
      if (!made && x.kind == vector_kind::pgvector) co_return tripool::unexpected{made.error()};
      if (!made) co_await tx.rollback_to("extension"); // There is one, but not for this role.
      by_pgvector = made.has_value();
    }
  }
  for (const auto& text : queries::schema(x.dimensions, by_pgvector)) co_await tx.execute(text);
  co_await tx.execute(queries::claim_store, x.model, static_cast<std::int32_t>(x.dimensions));
  const auto found = co_await tx.execute(queries::describe_store);
  const auto [pgvectors, model, dimensions] = found.one<std::tuple<bool, std::string, std::int32_t>>().value();
  if (model != x.model || dimensions != static_cast<std::int32_t>(x.dimensions)) {
    tripool::failure f;
    f.kind = tripool::outcome::rejected;
    f.message = "the store holds vectors of " + model + ", not of " + x.model;
    f.hint = "drop schema rag, and ingest again";
    co_return tripool::unexpected{f};
  }
  co_return pgvectors;
}

kept_model model_of(const tripool::result& rows) {
  kept_model out;
  if (rows.empty()) return out;
  if (const auto data = rows.one<tripool::bytes>()) {
    out.data.emplace(data->size(), '\0');
    std::transform(data->begin(), data->end(), out.data->begin(), [](std::byte b) { return static_cast<char>(b); });
  }
  return out;
}

std::map<std::string, std::string> hashes_of(const tripool::result& rows) {
  std::map<std::string, std::string> out;
  if (auto all = rows.all<std::pair<std::string, std::string>>())
    for (auto& x : *all) out.insert(std::move(x));
  return out;
}

/// A vector's signs as a text of bits, and where it is far from zero.
std::string bits_of(std::span<const float> v, bool (*is_set)(float, float)) {
  float largest = 0;
  for (const auto x : v) largest = std::max(largest, std::abs(x));
  std::string out;
  for (const auto x : v) out += is_set(x, largest) ? '1' : '0';
  return out;
}
std::string signs_of(std::span<const float> v) {
  return bits_of(v, [](float x, float) { return x > 0; });
}
std::string weight_of(std::span<const float> v) {
  return bits_of(v, [](float x, float largest) { return std::abs(x) > largest / 4; });
}

/// A question about what is written: to be asked where it is written, and again if the answer is lost.
tripool::statement newest(std::string text) {
  auto out = tripool::sql(std::move(text));
  out.repeatable = true;
  return out;
}

} // namespace

rag_adapter::rag_adapter(caf::actor_config& cfg, caf::actor delegate)
  : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

caf::behavior rag_adapter::make_behavior() {
  return {
    [this](const open_store& x) { open(x, make_response_promise()); },
    [this](const keep_model& x) { keep(x, make_response_promise()); },
    [this](const get_model& x) {
      auto question = newest(queries::get_model);
      question.parameters = {x.model};
      read(std::move(question), make_response_promise(),
           [](const tripool::result& rows) { return caf::make_message(model_of(rows)); });
    },
    [this](list_stored) {
      read(newest(queries::list_pages), make_response_promise(),
           [](const tripool::result& rows) { return caf::make_message(stored_pages{hashes_of(rows)}); });
    },
    [this](const store_page& x) { store(x, make_response_promise()); },
    [this](const remove_pages& x) { remove(x, make_response_promise()); },
    [this](const find_passages& x) { find(x, make_response_promise()); },
    [this](take_stock) { count(make_response_promise()); },
    [this](send_again& x) { write(std::move(x.what)); },
  };
}

void rag_adapter::open(const open_store& x, caf::response_promise to) {
  dimensions_ = x.dimensions;
  const auto furnish_it = [this, x, to](const tripool::reply&) mutable {
    tripool::transact<bool>(
      this, delegate_, {}, [x](tripool::transaction_scope& tx) { return furnish(tx, x); },
      [this, to](tripool::answer<bool> made) mutable {
        if (!made) return to.deliver(make_error(refused(made.error())));
        by_pgvector_ = *made;
        to.deliver(store_opened{by_pgvector_});
      });
  };
  // The table of tokens first: without it no write could bear one.
  request(delegate_, caf::infinite, tripool::create_tokens{}).then(furnish_it, [to](const caf::error& e) mutable {
    to.deliver(make_error(refused(tripool::failure_of(e))));
  });
}

void rag_adapter::keep(const keep_model& x, caf::response_promise to) {
  tripool::bytes data(x.data.size());
  std::transform(x.data.begin(), x.data.end(), data.begin(), [](char c) { return static_cast<std::byte>(c); });
  auto w = std::make_shared<writing>();
  w->what.repeatable = true; // The first one wins, however often it is sent.
  w->what.statements = {tripool::sql(queries::keep_model, x.model, std::move(data)),
                        tripool::sql(queries::get_model, x.model)};
  w->to = std::move(to);
  w->what.report_position = true;
  w->make = [this](const tripool::reply& r) {
    furnished_ = r.results.back().receipt().position;
    return caf::make_message(model_of(r.results.back()));
  };
  write(std::move(w));
}

void rag_adapter::store(const store_page& x, caf::response_promise to) {
  if (x.vectors.size() != x.what.chunks.size() * dimensions_)
    return to.deliver(make_error(refusal{"a page's vectors are not one for each chunk", false}));
  std::vector<std::string> anchors, paths, bodies;
  for (const auto& c : x.what.chunks) {
    anchors.push_back(c.anchor);
    paths.push_back(c.path);
    bodies.push_back(c.body);
  }
  const auto count = static_cast<std::int32_t>(x.what.chunks.size());
  const auto dimensions = static_cast<std::int32_t>(dimensions_);
  auto w = std::make_shared<writing>();
  w->what.token = x.token; // Whatever happens to this batch: it takes effect once.
  w->what.name = "store page";
  w->what.statements = {
    tripool::sql(queries::delete_page, x.what.file),
    tripool::sql(queries::insert_page, x.what.file, x.what.title, x.hash, count),
    tripool::sql(queries::insert_chunks(by_pgvector_), x.what.file, anchors, paths, bodies, x.vectors, dimensions),
  };
  if (!by_pgvector_) {
    std::vector<std::string> signs;
    for (std::size_t i = 0; i < x.what.chunks.size(); ++i)
      signs.push_back(signs_of(std::span{x.vectors}.subspan(i * dimensions_, dimensions_)));
    w->what.statements.back().parameters.emplace_back(signs);
  }
  w->to = std::move(to);
  w->make = [](const tripool::reply& r) {
    return caf::make_message(page_stored{!r.results.empty() && r.results.front().already_applied()});
  };
  write(std::move(w));
}

void rag_adapter::remove(const remove_pages& x, caf::response_promise to) {
  auto w = std::make_shared<writing>();
  w->what.repeatable = true; // What is gone is not removed again.
  w->what.statements = {tripool::sql(queries::delete_pages, x.files)};
  w->to = std::move(to);
  w->make = [](const tripool::reply&) { return caf::make_message(pages_removed{}); };
  write(std::move(w));
}

/// Sends a write that may be sent again: by its token, or because it is declared harmless.
void rag_adapter::write(std::shared_ptr<writing> x) {
  x->what.timeout = write_time;
  request(delegate_, caf::infinite, x->what)
    .then([x](const tripool::reply& r) { x->to.deliver(x->make(r)); },
          [this, x](const caf::error& e) { failed(x, tripool::failure_of(e)); });
}

void rag_adapter::failed(const std::shared_ptr<writing>& x, const tripool::failure& f) {
  const bool over = std::chrono::steady_clock::now() - x->since >= patience;
  if (f.kind == tripool::outcome::rejected || over) return x->to.deliver(make_error(refused(f)));
  // Not executed, or in doubt: the token makes both the same. The pause keeps a full queue from being filled again.
  delayed_send(this, x->pause, send_again{x});
  x->pause = std::min<std::chrono::milliseconds>(2 * x->pause, std::chrono::seconds{1});
}

void rag_adapter::find(const find_passages& x, caf::response_promise to) {
  const auto limit = static_cast<std::int64_t>(x.by == ranking::fused ? depth : x.limit);
  tripool::statement_list both; // Independent reads in one message: they may run on two servers at the same time.
  if (x.by != ranking::vector) both.statements.push_back(tripool::sql_read(queries::find_by_text, x.question, limit));
  if (x.by != ranking::text) {
    auto by_vector = tripool::sql_read(queries::find_by_vector(by_pgvector_), x.vector, limit);
    if (!by_pgvector_) {
      by_vector.parameters.emplace_back(signs_of(x.vector));
      by_vector.parameters.emplace_back(weight_of(x.vector));
    }
    both.statements.push_back(std::move(by_vector));
  }
  for (auto& s : both.statements) {
    s.timeout = question_time;
    s.at_least = furnished_; // A standby that has no tables yet is not asked.
  }
  request(delegate_, caf::infinite, std::move(both))
    .then(
      [to, limit = x.limit](const tripool::list_reply& all) mutable {
        std::vector<std::vector<passage>> rankings;
        for (const auto& end : all.ends) {
          if (!end) return to.deliver(make_error(refused(end.error()))); // Half an answer is none.
          auto rows = end->all<passage>();
          if (!rows) return to.deliver(make_error(unreadable(rows.error())));
          rankings.push_back(std::move(*rows));
        }
        to.deliver(found_passages{rankings.size() == 1 ? std::move(rankings.front()) : fuse(rankings, limit)});
      },
      [to](const caf::error& e) mutable { to.deliver(make_error(refused(tripool::failure_of(e)))); });
}

void rag_adapter::count(caf::response_promise to) {
  tripool::batch both; // One transaction: both look at the same moment.
  both.repeatable = true;
  both.statements = {tripool::sql(queries::list_pages), tripool::sql(queries::take_stock)};
  request(delegate_, caf::infinite, std::move(both))
    .then(
      [to](const tripool::reply& r) mutable {
        const auto sums = r.results.back().one<std::tuple<std::int64_t, std::int64_t, std::int64_t>>();
        if (!sums) return to.deliver(make_error(unreadable(sums.error())));
        const auto [chunks, twice, missing] = *sums;
        to.deliver(stock{hashes_of(r.results.front()), chunks, twice, missing});
      },
      [to](const caf::error& e) mutable { to.deliver(make_error(refused(tripool::failure_of(e)))); });
}

void rag_adapter::read(tripool::statement what, caf::response_promise to,
                       std::function<caf::message(const tripool::result&)> make) {
  request(delegate_, caf::infinite, std::move(what))
    .then([to, make = std::move(make)](const tripool::result& rows) mutable { to.deliver(make(rows)); },
          [to](const caf::error& e) mutable { to.deliver(make_error(refused(tripool::failure_of(e)))); });
}

} // namespace rag
