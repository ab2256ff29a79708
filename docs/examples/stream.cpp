// A result of any size, in chunks that the consumer asks for: what it has not asked for stays in the server.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <cstdio>
#include <utility>

namespace {

class reader : public caf::event_based_actor {
public:
  reader(caf::actor_config& cfg, caf::actor delegate) : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

  caf::behavior make_behavior() override {
    tripool::open_stream order;
    order.what = tripool::sql_read("select n::bigint from generate_series(1, $1) n", 1'000'000);
    request(delegate_, caf::infinite, std::move(order))
      .then(
        [this](tripool::stream_handle& x) {
          stream_ = std::move(x); // Keep it: with its last copy the stream ends.
          ask_for_more();
        },
        [this](const caf::error& e) { give_up(e); });
    return {};
  }

private:
  void ask_for_more() {
    request(stream_.to, caf::infinite, tripool::fetch{10'000})
      .then(
        [this](const tripool::rows_chunk& chunk) {
          for (const auto row : chunk.rows) sum_ += row.get<std::int64_t>(0).value();
          if (!chunk.last) return ask_for_more(); // Whenever it is ready for more: this is the back-pressure.
          std::printf("the sum is %lld\n", static_cast<long long>(sum_));
          quit();
        },
        [this](const caf::error& e) { give_up(e); });
  }

  void give_up(const caf::error& e) {
    std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
    quit();
  }

  caf::actor delegate_;
  tripool::stream_handle stream_;
  std::int64_t sum_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  sys.spawn<reader>((*db)->delegate());
  sys.await_all_actors_done();
}

// Prints:
// the sum is 500000500000
