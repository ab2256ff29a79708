// An application that embeds Tripool, as a user writes it: its own actor system, its own actor, one query. With a
// configuration file as its argument it asks a real server and insists on the answer; without one it asks a port where
// nobody listens and insists on an honest refusal.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace {

/// Asks once, and writes what came of it.
caf::behavior asker(caf::event_based_actor* self, caf::actor delegate, std::shared_ptr<int> sum) {
  tripool::statement question;
  question.text = "select $1::int + 2";
  question.parameters = {40};
  question.mode = tripool::access::read;
  question.timeout = std::chrono::seconds{5};
  self->request(delegate, caf::infinite, std::move(question))
    .then(
      [=](const tripool::result& rows) {
        const auto value = rows.one<int>();
        if (value) *sum = *value;
        self->quit();
      },
      [=](const caf::error& e) {
        std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
        self->quit();
      });
  return {};
}

// Nobody listens on port 1: the statement is answered with a failure that says so.
constexpr auto unreachable = "[tripool]\npools { primary { host = \"127.0.0.1\", port = 1 } }\n";

} // namespace

int main(int argc, char** argv) {
  const bool real = argc > 1;
  auto loaded = real ? tripool::load_file(argv[1]) : tripool::load_text(unreachable, "inline");
  auto* config = std::get_if<tripool::loaded_config>(&loaded);
  if (!config) {
    for (const auto& e : std::get<1>(loaded)) std::printf("%s\n", to_string(e).c_str());
    return 2;
  }
  auto sum = std::make_shared<int>(0);
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  tripool::instance_parts parts;
  parts.passwords = std::move(config->inline_passwords);
  tripool::instance db{sys, std::move(config->options), std::move(parts)};
  {
    caf::scoped_actor self{sys};
    const auto one = sys.spawn(asker, db.delegate(), sum);
    self->monitor(one);
    self->receive([](const caf::down_msg&) {}); // The answer comes by the statement's own deadline.
  }
  db.stop(std::chrono::seconds{10});
  std::printf("40 + 2 = %d\n", *sum);
  return *sum == (real ? 42 : 0) ? 0 : 1;
}
