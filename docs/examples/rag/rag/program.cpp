// Setting up, and the commands.
#include "rag/program.hpp"

#include "rag/asking.hpp"
#include "rag/hashed_embedder.hpp"
#include "rag/ingestion.hpp"
#include "rag/manual.hpp"
#include "rag/rag_adapter.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace rag {

namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// A name that no other run has: tokens begin with it.
std::string run_name() {
  std::random_device random;
  char out[40];
  std::snprintf(out, sizeof out, "rag-%08x%08x%08x", random(), random(), random());
  return out;
}

vector_kind kind_of(const std::string& text) {
  if (text == "auto") return vector_kind::automatic;
  if (text == "plain") return vector_kind::plain;
  if (text == "pgvector") return vector_kind::pgvector;
  throw std::runtime_error{"rag.vectors = \"" + text + "\": it is \"auto\", \"plain\" or \"pgvector\""};
}

/// Prints a line when another tenth is done.
class tenths {
public:
  void see(const ingested& x, const std::string& more) {
    if (x.pages * 10 / x.of == last_ && x.pages != x.of) return;
    last_ = x.pages * 10 / x.of;
    std::printf("%6.1f s  %zu of %zu pages (%zu %%)%s\n", seconds_since(start_), x.pages, x.of, x.pages * 100 / x.of,
                more.c_str());
    std::fflush(stdout);
  }

private:
  clock::time_point start_ = clock::now();
  std::size_t last_ = 0;
};

} // namespace

settings::settings() {
  opt_group{custom_options_, "rag"}
    .add(manual, "manual", "the folder with the manual's HTML pages")
    .add(questions, "questions", "the file of questions, with the pages that answer them")
    .add(vectors, "vectors", "auto, plain or pgvector")
    .add(ingesters, "ingesters", "how many actors ingest at the same time, 1 to 64")
    .add(askers, "askers", "how many questions `run` has under way, 1 to 64")
    .add(every, "every", "take only each so many-th page, and those that answer a question")
    .add(recall_min, "recall-min", "measure: the least recall@5 of the fused ranking, 0 to 1")
    .add(rank_min, "rank-min", "measure: the least mean reciprocal rank of the fused ranking, 0 to 1");
}

program::program(settings& cfg) : cfg_(cfg), sys_(cfg), self_(sys_) {
  if (cfg.ingesters < 1 || cfg.ingesters > 64 || cfg.askers < 1 || cfg.askers > 64 || cfg.every < 1)
    throw std::runtime_error{"rag.ingesters and rag.askers are 1 to 64, rag.every at least 1"};
  const auto file = caf::get_or(cfg, "config-file", std::string{"rag.conf"});
  auto loaded = tripool::load(content(cfg), file);
  if (auto* errors = std::get_if<1>(&loaded)) {
    std::string all;
    for (const auto& e : *errors) all.append(all.empty() ? "" : "\n").append(to_string(e));
    throw std::runtime_error{all};
  }
  auto& config = std::get<tripool::loaded_config>(loaded);
  tripool::instance_parts parts;
  parts.passwords = std::move(config.inline_passwords);
  db_ = std::make_unique<tripool::instance>(sys_, std::move(config.options), std::move(parts));
  store_ = sys_.spawn<rag_adapter>(db_->delegate());
}

program::~program() {
  self_->send_exit(store_, caf::exit_reason::user_shutdown);
  db_->stop(std::chrono::seconds{5});
}

template <class Reply, class Message>
Reply program::ask_store(Message x) {
  Reply out;
  std::string why;
  self_->request(store_, answer_limit, std::move(x))
    .receive([&](Reply& reply) { out = std::move(reply); }, [&](const caf::error& e) { why = refusal_of(e).text; });
  if (!why.empty()) throw std::runtime_error{why};
  return out;
}

void program::open() {
  const hashed_embedder shape;
  ask_store<store_opened>(open_store{shape.name(), shape.dimensions(), kind_of(cfg_.vectors)});
}

std::shared_ptr<const embedder> program::vectors_for(const std::vector<std::string>& files) {
  auto out = std::make_shared<hashed_embedder>();
  auto kept = ask_store<kept_model>(get_model{out->name()});
  if (!kept.data) {
    if (files.empty()) throw std::runtime_error{"nothing is ingested yet: run `rag ingest`"};
    for (const auto& file : files)
      for (const auto& c : load_page(cfg_.manual, file).chunks) out->learn(text_of(c));
    kept = ask_store<kept_model>(keep_model{out->name(), out->save()}); // Another program may have been first.
  }
  if (!kept.data || !out->load(*kept.data)) throw std::runtime_error{"the store's model is damaged"};
  return out;
}

std::vector<std::string> program::files() const {
  const auto all = list_pages(cfg_.manual);
  return cfg_.every == 1 ? all : sample(all, cfg_.every, pages_of(read_questions(cfg_.questions)));
}

int program::report(const ingested& done) const {
  std::printf("%zu pages: %zu stored (%zu chunks), %zu unchanged, %zu failed\n", done.of, done.stored, done.chunks,
              done.unchanged, done.failed.size());
  if (done.settled != 0)
    std::printf("%zu of them had been stored by a sending whose answer was lost; none was stored twice\n",
                done.settled);
  for (std::size_t i = 0; i < done.failed.size() && i < 10; ++i) std::printf("  %s\n", done.failed[i].c_str());
  return done.failed.empty() ? 0 : 1;
}

int program::ingest_with(const std::shared_ptr<const embedder>& vectors, const std::vector<std::string>& files) {
  tenths lines;
  ingestion_plan plan{cfg_.manual, files,          ask_store<stored_pages>(list_stored{}).hashes, vectors,
                      run_name(),  cfg_.ingesters, [&](const ingested& x) { lines.see(x, ""); }};
  if (cfg_.every == 1) { // What has left the manual leaves the store.
    remove_pages gone;
    for (const auto& [file, hash] : plan.stored)
      if (!std::binary_search(files.begin(), files.end(), file)) gone.files.push_back(file);
    if (!gone.files.empty()) ask_store<pages_removed>(std::move(gone));
  }
  const auto work = sys_.spawn<ingestion>(store_, std::move(plan));
  ingested done;
  self_->request(work, caf::infinite, start_ingestion{})
    .receive([&](const ingested& x) { done = x; },
             [&](const caf::error& e) { done.failed.push_back(refusal_of(e).text); });
  return report(done);
}

int program::ingest() {
  open();
  const auto all = files();
  return ingest_with(vectors_for(all), all);
}

int program::ask(const std::string& text) {
  open();
  const auto vectors = vectors_for({});
  const auto found = ask_store<found_passages>(find_passages{text, vectors->embed(text), ranking::fused, 5});
  if (found.passages.empty()) std::puts("Nothing was found.");
  for (const auto& x : found.passages) {
    std::printf("%s\n  %s\n", x.path.c_str(), link_of(x).c_str());
    auto start = x.body.substr(0, 240);
    std::replace(start.begin(), start.end(), '\n', ' ');
    std::printf("  %s%s\n\n", start.c_str(), x.body.size() > start.size() ? " ..." : "");
  }
  return 0;
}

int program::measure() {
  open();
  const auto vectors = vectors_for({});
  const auto questions = read_questions(cfg_.questions);
  quality fused;
  std::vector<std::string> missed;
  std::printf("%zu questions  recall@5    MRR   seconds\n", questions.size());
  for (const auto& [by, name] :
       {std::pair{ranking::text, "text"}, {ranking::vector, "vector"}, {ranking::fused, "fused"}}) {
    quality sums;
    const auto start = clock::now();
    for (const auto& x : questions) {
      const auto found = ask_store<found_passages>(find_passages{x.text, vectors->embed(x.text), by, 20});
      const auto place = place_of_answer(x, found.passages);
      sums.add(place);
      if (by == ranking::fused && (place == 0 || place > 5)) missed.push_back(x.text);
    }
    std::printf("%-12s %10.3f %6.3f %9.1f\n", name, sums.recall(), sums.mean_reciprocal_rank(), seconds_since(start));
    fused = sums;
  }
  for (const auto& x : missed) std::printf("not among the first five: %s\n", x.c_str());
  const bool held = fused.recall() >= cfg_.recall_min && fused.mean_reciprocal_rank() >= cfg_.rank_min;
  if (!held)
    std::printf("below the bounds: recall@5 of %.3f, mean reciprocal rank of %.3f\n", cfg_.recall_min, cfg_.rank_min);
  return held ? 0 : 1;
}

int program::audit() {
  open();
  const auto all = files();
  const auto vectors = vectors_for({});
  const auto found = ask_store<stock>(take_stock{});
  std::size_t missing = 0, stale = 0, foreign = 0;
  std::int64_t chunks = 0, twice = 0; // A few texts stand twice on a page of the manual itself.
  for (const auto& file : all) {
    const auto now = load_page(cfg_.manual, file);
    const auto at = found.hashes.find(file);
    chunks += static_cast<std::int64_t>(now.chunks.size());
    std::set<std::tuple<std::string, std::string, std::string>> different;
    for (const auto& c : now.chunks) different.insert({c.anchor, c.path, c.body});
    twice += static_cast<std::int64_t>(now.chunks.size() - different.size());
    if (at == found.hashes.end())
      ++missing;
    else if (at->second != hash_of(now, *vectors))
      ++stale;
  }
  for (const auto& [file, hash] : found.hashes)
    if (!std::binary_search(all.begin(), all.end(), file)) ++foreign;
  const bool whole =
    missing + stale + foreign == 0 && found.chunks == chunks && found.twice == twice && found.missing == 0;
  std::printf("%zu pages and %lld chunks are stored; the manual has %zu and %lld\n", found.hashes.size(),
              static_cast<long long>(found.chunks), all.size(), static_cast<long long>(chunks));
  std::printf("missing %zu, outdated %zu, foreign %zu, chunks twice %lld, chunks missing %lld: %s\n", missing, stale,
              foreign, static_cast<long long>(found.twice - twice), static_cast<long long>(found.missing),
              whole ? "complete" : "NOT complete");
  return whole ? 0 : 1;
}

int program::run() {
  open();
  const auto all = files();
  const auto vectors = vectors_for(all);
  const auto questions = read_questions(cfg_.questions);
  const auto asker = sys_.spawn<asking>(store_, questions, vectors, cfg_.askers, nullptr);
  const int code = ingest_with(vectors, all);
  asked sums;
  bool ended = false;
  self_->request(asker, caf::infinite, last_round{})
    .receive([&](const asked& x) { sums = x, ended = true; }, [](const caf::error&) {});
  if (!ended) throw std::runtime_error{"the asker has failed"};
  std::printf(
    "%zu questions asked meanwhile: %zu answered, %zu refused, none without an end; the slowest took %.2f s\n",
    sums.questions, sums.answered, sums.refused, std::chrono::duration<double>(sums.slowest).count());
  for (const auto& [why, times] : sums.refusals) std::printf("  %zu: %s\n", times, why.c_str());
  std::printf("of the last round, with all pages there, %zu of %zu were answered, and %zu with the right page\n",
              sums.last_round, questions.size(), sums.found);
  return code != 0 ? code : audit();
}

} // namespace rag
