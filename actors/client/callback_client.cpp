// Handing questions to the hidden actor.
#include "tripool/actors/client/callback_client.hpp"

#include "tripool/actors/client/callback_agent.hpp"

#include <caf/send.hpp>

#include <utility>

namespace tripool {

namespace {

template <class T>
owed_ptr<T> owe(std::function<void(answer<T>)> then) {
  return std::make_shared<owed_callback<T>>(std::move(then));
}

/// A callback that fills a promise.
template <class T>
std::pair<std::future<answer<T>>, std::function<void(answer<T>)>> future_and_callback() {
  auto p = std::make_shared<std::promise<answer<T>>>();
  return {p->get_future(), [p](answer<T> x) { p->set_value(std::move(x)); }};
}

} // namespace

callback_client::callback_client(caf::actor_system& sys, caf::actor delegate) {
  // Hidden: an actor system does not wait for it at its end.
  agent_ = {new caf::actor(sys.spawn<callback_agent, caf::hidden>(std::move(delegate))), [](const caf::actor* x) {
              caf::anon_send(*x, release_msg{});
              delete x;
            }};
}

void callback_client::execute(statement x, on_result then) const {
  caf::anon_send(*agent_, ask_statement{std::move(x), owe(std::move(then))});
}

void callback_client::execute(batch x, on_results then) const {
  caf::anon_send(*agent_, ask_batch{std::move(x), owe(std::move(then))});
}

std::future<answer<result>> callback_client::execute(statement x) const {
  auto [out, then] = future_and_callback<result>();
  execute(std::move(x), std::move(then));
  return std::move(out);
}

std::future<answer<std::vector<result>>> callback_client::execute(batch x) const {
  auto [out, then] = future_and_callback<std::vector<result>>();
  execute(std::move(x), std::move(then));
  return std::move(out);
}

} // namespace tripool
