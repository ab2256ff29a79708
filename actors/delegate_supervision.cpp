// The delegate's part in supervision: the manager, who serves - the resilient part, the simple pool, nobody - and the
// end of it all.
#include "tripool/actors/delegate.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/pool_manager.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace tripool {

caf::message_handler delegate::supervision_handlers() {
  return {
    [this](routing_msg& x) {
      table_ = std::move(x.table);
      counts_.table_generation = table_->generation;
      fallback_.routed(*table_);
      if (!fallback_.serves()) desk_.use(table_);
    },
    [this](topology_msg& x) {
      if (x.generation < who_.generation) return;
      const auto before = std::exchange(who_, std::move(x));
      tell_newcomers(before);
      absent_ = who_.absent();
      fallback_.monitor_is(who_.monitor);
      if (fallback_.serves()) return;
      desk_.use(who_.listener);
      if (!who_.monitor) return;
      for (auto& r : std::exchange(early_, {})) route(std::move(r));
    },
    [this](here_msg) { fallback_.here(caf::actor_cast<caf::actor_addr>(current_sender())); },
    [this](const simple_news_msg& x) {
      fallback_.news(x, caf::actor_cast<caf::actor_addr>(current_sender()));
      if (fallback_.serves()) desk_.use(fallback_.simple().listener);
    },
    [this](handed_back_msg& x) { take_back(x); },
    [this](const drain_msg& x) { drain(x); },
    [this](get_topology) {
      auto out = who_;
      out.manager = manager_;
      out.simple = fallback_.simple_actor();
      return out;
    },
  };
}

/// Whoever was made while another configuration was put in force began with the old one, and was not told: its handle
/// was not known here.
void delegate::tell_newcomers(const topology_msg& before) {
  if (env_->generation() < 2) return;
  const auto tell = [this](const caf::actor& who, const caf::actor& old, std::uint32_t recycle) {
    if (who && who != old) send(who, reloaded_msg{recycle});
  };
  for (std::size_t i = 0; i < who_.pools.size(); ++i)
    tell(who_.pools[i], i < before.pools.size() ? before.pools[i] : caf::actor{}, recycled_);
  tell(who_.monitor, before.monitor, 0);
  tell(who_.listener, before.listener, 0);
}

void delegate::start_manager() {
  manager_start_at_.reset();
  try {
    manager_ = system().spawn<pool_manager, caf::hidden>(env_, secrets_, caf::actor_cast<caf::actor>(this), who_);
  } catch (const std::exception& e) {
    return manager_died(std::string{"could not be made: "} + e.what());
  }
  monitor(manager_);
  fallback_.manager_started(manager_);
}

void delegate::manager_died(const std::string& why) {
  manager_ = nullptr;
  if (draining_) return finish_if_drained();
  manager_start_at_ = manager_budget_.died(now(), random_.next());
  ++counts_.manager_restarts;
  fallback_.manager_died(why, manager_budget_.exhausted());
  env_->log->error("the pool manager died ({}); another is started{} and adopts the pools", why,
                   manager_budget_.exhausted() ? " later, since the budget is used up," : "");
  note_manager_death(why);
}

/// Starts the manager when that is due, and lets the ladder be climbed: what waits here goes to whoever serves now.
void delegate::watch_services() {
  if (manager_start_at_ && now() >= *manager_start_at_) start_manager();
  const auto news = fallback_.advance(table_, secrets_);
  if (!news) return;
  events_.tell(*news);
  note_mode(*news);
  if (fallback_.serves()) {
    desk_.use(fallback_.simple().listener);
    desk_.use(fallback_.simple_table());
  } else {
    desk_.use(who_.listener);
    if (table_) desk_.use(table_);
  }
  auto waiting = std::exchange(early_, {});
  for (auto& r : fallback_.take_waiting()) waiting.push_back(std::move(r));
  for (auto& r : std::exchange(unroutable_, {})) waiting.push_back(std::move(r));
  for (auto& box : outbox_)
    for (auto& r : std::exchange(box, {})) waiting.push_back(std::move(r));
  for (auto& r : waiting) route(std::move(r)); // None of them has been sent.
}

/// Requests that a simple pool had not sent when it was to end.
void delegate::take_back(handed_back_msg& x) {
  for (auto& m : x.requests) {
    if (draining_) {
      failure f;
      f.why = cause::shutting_down;
      f.message = "the service is shutting down, and it had not been sent";
      refuse(*m.what, std::move(f));
      continue;
    }
    ++counts_.rescued;
    route(std::move(m.what));
  }
}

void delegate::drain(const drain_msg& x) {
  if (std::exchange(draining_, true)) return;
  manager_start_at_.reset();
  fallback_.drain(x.limit);
  if (manager_) send(manager_, x);
  finish_if_drained();
}

void delegate::finish_if_drained() {
  if (draining_ && !manager_ && fallback_.empty()) quit(caf::exit_reason::user_shutdown);
}

} // namespace tripool
