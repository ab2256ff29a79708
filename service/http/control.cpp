// From JSON to messages.
#include "service/http/control.hpp"

#include "service/json/reader.hpp"
#include "service/json/writer.hpp"
#include "tripool/actors/config/load.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

namespace tripool::service {

namespace {

constexpr std::chrono::seconds order_answer_limit{5};
/// A command that fetches a secret may take long, and one that takes longer goes on without whoever ordered it.
constexpr std::chrono::seconds refresh_limit{30};

order_result refusal(const caf::error& e) {
  auto f = failure_of(e);
  return {false, std::move(f.message), std::move(f.hint)};
}

template <class Order>
order_result ask(caf::actor_system& sys, const caf::actor& delegate, Order x) {
  order_result out;
  caf::scoped_actor self{sys};
  self->request(delegate, order_answer_limit, std::move(x))
    .receive(
      [&](control_reply& done) {
        out = {true, std::move(done.text), {}};
      },
      [&](const caf::error& e) { out = refusal(e); });
  return out;
}

order_result ask(caf::actor_system& sys, const caf::actor& delegate, refresh_credentials x) {
  order_result out;
  caf::scoped_actor self{sys};
  self->request(delegate, refresh_limit, std::move(x))
    .receive(
      [&](const credentials_refreshed& found) {
        out = {!found.failed(), to_string(found), {}};
        if (found.failed())
          out.hint = "make a source work; until then what is known is used, if credential-keep allows";
      },
      [&](const caf::error& e) {
        out = refusal(e);
        if (e == caf::sec::request_timeout)
          out = {false, "the sources have not answered within 30 s; they are still being asked",
                 "look at the events: what comes of it is one (kind control)"};
      });
  return out;
}

control_answer answer_of(const order_result& x) {
  control_answer out;
  out.status = x.done ? 200 : 409;
  out.body = x.done ? "{\"done\":" : "{\"refused\":";
  json::append_text(out.body, x.text);
  if (!x.hint.empty()) {
    out.body += ",\"hint\":";
    json::append_text(out.body, x.hint);
  }
  out.body += "}";
  return out;
}

control_answer no_order(int status, const std::string& why) {
  auto out = answer_of({false, why, {}});
  out.status = status;
  return out;
}

/// The members of an order, each of which must be used.
class members {
public:
  explicit members(const json::object& from) : from_(from) {}

  std::string text(std::string_view key, bool may_be_missing = false) {
    const auto* v = take(key);
    if (v == nullptr && may_be_missing) return {};
    if (v == nullptr) return problem("needs \"" + std::string{key} + "\""), std::string{};
    if (const auto* x = v->get_if<std::string>()) return *x;
    return problem("\"" + std::string{key} + "\" must be a text"), std::string{};
  }
  bool flag(std::string_view key) {
    const auto* v = take(key);
    if (v == nullptr) return false;
    if (const auto* x = v->get_if<bool>()) return *x;
    return problem("\"" + std::string{key} + "\" must be true or false"), false;
  }
  std::uint32_t count(std::string_view key) {
    const auto* v = take(key);
    const auto* x = v != nullptr ? v->get_if<std::int64_t>() : nullptr;
    if (x != nullptr && *x >= 0 && *x <= INT32_MAX) return static_cast<std::uint32_t>(*x);
    return problem("needs \"" + std::string{key} + "\", a number of connections"), 0;
  }
  /// Empty: all is well.
  std::string complaint() const {
    if (problem_.empty() && used_ < from_.size()) return "has members that are not known";
    return problem_;
  }

private:
  const json::value* take(std::string_view key) {
    const auto* v = json::find(from_, key);
    if (v != nullptr) ++used_;
    return v;
  }
  void problem(std::string x) {
    if (problem_.empty()) problem_ = std::move(x);
  }

  const json::object& from_;
  std::size_t used_ = 0;
  std::string problem_;
};

using any_order = std::variant<std::monostate, hold_pool, release_pool, force_failover, end_failover, resize_pool,
                               recycle_pool, refresh_credentials, set_log_level>;

any_order read_order(std::string_view name, members& m) {
  if (name == "hold") return hold_pool{m.text("pool"), m.flag("empty"), m.flag("anyway")};
  if (name == "release") return release_pool{m.text("pool")};
  if (name == "failover") return force_failover{m.text("from"), m.text("to"), m.flag("anyway")};
  if (name == "failback") return end_failover{};
  if (name == "resize") return resize_pool{m.text("pool"), m.count("min"), m.count("max")};
  if (name == "recycle") return recycle_pool{m.text("pool")};
  if (name == "refresh") return refresh_credentials{m.text("pool", true)};
  if (name == "log-level") return set_log_level{m.text("level")};
  return {};
}

} // namespace

control_answer carry_out_order(caf::actor_system& sys, const caf::actor& delegate, std::string_view name,
                               std::string_view body, const reload_function& reload) {
  json::value what{json::object{}};
  if (!body.empty()) {
    auto read = json::read(body, {4, 100, 20});
    if (const auto* e = std::get_if<json::read_error>(&read)) return no_order(400, "the body: " + e->message);
    what = std::move(std::get<json::value>(read));
  }
  const auto* object = what.get_if<json::object>();
  if (object == nullptr) return no_order(400, "the body must be a JSON object");
  members m{*object};
  if (name == "reload") {
    if (const auto c = m.complaint(); !c.empty()) return no_order(400, "the order " + c);
    return reload ? answer_of(reload()) : no_order(404, "this service has no configuration file to load again");
  }
  const auto order = read_order(name, m);
  if (std::holds_alternative<std::monostate>(order))
    return no_order(404, "there is no such order; there are hold, release, failover, failback, resize, recycle, "
                         "refresh, reload and log-level");
  if (const auto c = m.complaint(); !c.empty()) return no_order(400, "the order " + c);
  return std::visit(
    [&](const auto& x) -> control_answer {
      if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::monostate>) {
        return no_order(404, "there is no such order");
      } else {
        return answer_of(ask(sys, delegate, x));
      }
    },
    order);
}

order_result reload_from(caf::actor_system& sys, const caf::actor& delegate, const std::string& file) {
  auto read = load_file(file);
  if (const auto* errors = std::get_if<std::vector<config_error>>(&read))
    return {false, "the configuration is refused: " + to_string(*errors), "mend the file; the old one stays in force"};
  auto& loaded = std::get<loaded_config>(read);
  return ask(sys, delegate, reload_options{std::make_shared<const options>(std::move(loaded.options))});
}

} // namespace tripool::service
