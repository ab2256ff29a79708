// The delegate's part in refreshing credentials: it knows where the carriers are, of the resilient part and of the
// simple pool, and writes down what came of an order.
#include "tripool/actors/delegate.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/core/control/control_check.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tripool {

namespace {

/// One order, while carriers are asked. Who waits for it hears of it, also when the delegate ends meanwhile.
struct refresh_order {
  explicit refresh_order(caf::response_promise x) : to(std::move(x)) {}
  refresh_order(const refresh_order&) = delete;
  refresh_order& operator=(const refresh_order&) = delete;
  ~refresh_order() {
    if (missing == 0) return;
    failure f;
    f.why = cause::shutting_down;
    f.message = "the delegate ended while sources of credentials were being asked";
    to.deliver(make_error(std::move(f)));
  }

  caf::response_promise to;
  credentials_refreshed found;
  std::optional<failure> wrong; ///< What a carrier answered instead.
  std::size_t missing = 0;
};

} // namespace

std::string to_string(const credentials_refreshed& x) {
  std::string out;
  for (const auto& c : x.credentials) {
    out += (out.empty() ? "" : "; ") + c.pools + ": ";
    if (c.failed) {
      out += "not to be had: " + c.problem;
      continue;
    }
    if (c.source.empty()) {
      out += "no source has one, and none must";
      continue;
    }
    out += (c.changed ? "another secret, from " : "the same secret, from ") + c.source;
    if (!c.problem.empty()) out += " (" + c.problem + ")";
  }
  return out;
}

caf::message_handler delegate::credential_handlers() {
  return {
    [this](const refresh_credentials& x) -> caf::delegated<credentials_refreshed> {
      refresh(x, make_response_promise());
      return {};
    },
  };
}

void delegate::refresh(const refresh_credentials& x, caf::response_promise to) {
  const bool known = find_pool(env_->config, x.pool).has_value();
  const bool simple = x.pool == simple_pool_name;
  const auto pool = known ? x.pool : std::string{};
  const auto refuse_order = [&](failure f) { to.deliver(note_refusal(std::move(f), pool)); };
  if (!x.pool.empty() && !known && !simple) return refuse_order(no_such_pool(env_->config, x.pool));
  std::vector<std::pair<caf::actor, refresh_credentials>> asked;
  if (who_.carrier && !simple) asked.emplace_back(who_.carrier, x);
  // The simple pool's carrier has one credential: that of the pool whose server it has.
  const auto& other = fallback_.simple().carrier;
  if (other && (x.pool.empty() || simple || x.pool == fallback_.status().server_of))
    asked.emplace_back(other, refresh_credentials{});
  if (asked.empty()) {
    failure f;
    f.why = cause::no_server;
    f.message = "the credential carrier is being started again";
    f.hint = "send it again in a moment; the log says why the carrier died";
    if (simple) {
      f.message = "the simple pool is not needed, and has no secret";
      f.hint = "name another pool, or none for all";
    } else if (known && !env_->config.resilience) {
      f.message = "pool " + x.pool + " is not used: resilience is switched off";
      f.hint = "name pool " + fallback_.status().server_of + ", or none for all";
    }
    return refuse_order(std::move(f));
  }
  auto order = std::make_shared<refresh_order>(std::move(to));
  order->missing = asked.size();
  const auto one_less = [this, order, pool] {
    if (--order->missing > 0) return;
    if (order->found.credentials.empty() && order->wrong)
      return order->to.deliver(note_refusal(std::move(*order->wrong), pool));
    note_refresh(order->found, pool);
    order->to.deliver(std::move(order->found));
  };
  for (const auto& [carrier, question] : asked)
    request(carrier, caf::infinite, question)
      .then(
        [order, one_less](credentials_refreshed& y) {
          for (auto& c : y.credentials) order->found.credentials.push_back(std::move(c));
          one_less();
        },
        [order, one_less](const caf::error& e) {
          order->wrong = failure_of(e);
          one_less();
        });
}

void delegate::note_refresh(const credentials_refreshed& x, const std::string& pool) {
  const auto text = "credentials were asked for anew: " + to_string(x);
  env_->log->warn("by order of an operator: {}", text);
  service_event e;
  e.kind = event_kind::control;
  e.weight = x.failed() ? severity::error : severity::warning;
  e.pool = pool;
  e.text = text;
  note(std::move(e));
}

} // namespace tripool
