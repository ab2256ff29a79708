// The endpoint over cpp-httplib: who may ask, what each path answers, and the bounds.
#include "service/http/http_server.hpp"

#include "service/http/access.hpp"
#include "service/http/bounded_server.hpp"
#include "service/http/page_data.hpp"
#include "service/inspect/history_json.hpp"
#include "service/inspect/metrics.hpp"
#include "service/inspect/status_json.hpp"
#include "service/json/writer.hpp"
#include "tripool/actors/protocol_inspect.hpp"

#include <caf/scoped_actor.hpp>

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

namespace tripool::service {

namespace {

using httplib::Request;
using httplib::Response;

constexpr const char* json_type = "application/json";
constexpr std::size_t body_bytes_max = connection_bounds{}.body_bytes_max;
constexpr std::chrono::seconds ask_limit{2};

// Only what comes from here, nothing from elsewhere, and nobody may show it in a frame.
constexpr const char* content_policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void refuse(Response& to, int status, std::string_view why) {
  std::string body = "{\"error\":";
  json::append_text(body, why);
  to.status = status;
  to.set_content(body + "}\n", json_type);
}

/// A parameter as a number; nothing: it is none, and `to` says so. Missing ones are 0.
std::optional<std::uint64_t> number(const Request& from, const char* name, Response& to) {
  if (!from.has_param(name)) return 0;
  const auto text = from.get_param_value(name);
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) return out;
  refuse(to, 400, std::string{name} + " must be a number");
  return std::nullopt;
}

} // namespace

class http_server::impl {
public:
  impl(observer& of, http_options how) : of_(of), how_(std::move(how)) {}
  ~impl() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool listen(std::string& problem) {
    bound();
    guard();
    pages();
    inspection();
    control();
    const auto& host = how_.at.host;
    const bool any = how_.at.port == 0;
    const int port =
      any ? server_.bind_to_any_port(host) : (server_.bind_to_port(host, how_.at.port) ? how_.at.port : -1);
    if (port < 0) {
      problem = "cannot listen at " + how_.at.url() + ": the address is in use, or not this machine's";
      return false;
    }
    how_.at.port = static_cast<std::uint16_t>(port);
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      over_ = true;
    });
    // What has not begun cannot be stopped.
    while (!server_.is_running() && !over_) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return true;
  }

  const http_address& at() const noexcept { return how_.at; }
  void begin_to_end() noexcept { ending_ = true; }

private:
  void bound() {
    server_.set_payload_max_length(body_bytes_max);
    server_.set_default_headers({{"Content-Security-Policy", content_policy},
                                 {"X-Content-Type-Options", "nosniff"},
                                 {"X-Frame-Options", "DENY"},
                                 {"Referrer-Policy", "no-referrer"},
                                 {"Cross-Origin-Resource-Policy", "same-origin"},
                                 {"Cache-Control", "no-store"}});
    server_.set_exception_handler(
      [](const Request&, Response& to, std::exception_ptr) { refuse(to, 500, "the endpoint failed to answer"); });
    server_.set_error_handler([](const Request&, Response& to) {
      if (to.body.empty()) refuse(to, to.status, to.status == 404 ? "there is nothing at this path" : "refused");
    });
  }

  /// Probes of an orchestrator carry no token; all they learn is yes or no.
  static bool is_probe(const Request& x) {
    return (x.method == "GET" || x.method == "HEAD") && (x.path == "/healthz" || x.path == "/readyz");
  }

  /// Whether the body is one that may be read: its length is known beforehand and bounded, also when it is unpacked. If
  /// not, `to` says why.
  static bool is_bounded(const Request& x, Response& to) {
    if (x.has_header("Transfer-Encoding") || !x.has_header("Content-Length"))
      return refuse(to, 411, "a body needs its Content-Length"), false;
    const auto digits = x.get_header_value("Content-Length");
    std::uint64_t bytes = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
    if (x.get_header_value_count("Content-Length") != 1 || digits.empty() || end != digits.data() + digits.size()
        || error == std::errc::invalid_argument)
      return refuse(to, 400, "Content-Length must be one number"), false;
    if (error != std::errc{} || bytes > body_bytes_max) return refuse(to, 413, "the body is too long"), false;
    if (x.has_header("Content-Encoding")) return refuse(to, 415, "send the body as it is"), false;
    return true;
  }

  void guard() {
    using verdict = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler([this](const Request& x, Response& to) {
      if (x.method != "GET" && x.method != "HEAD" && x.method != "POST") {
        refuse(to, 405, "only GET, HEAD and POST");
        return verdict::Handled;
      }
      if (x.method == "POST" && !is_bounded(x, to)) return verdict::Handled;
      if (is_probe(x)) return verdict::Unhandled;
      if (how_.token.empty()) {
        // A stranger's page whose name was made to resolve to this machine sends that name.
        if (names_loopback(x.get_header_value("Host"))) return verdict::Unhandled;
        refuse(to, 403, "ask by the loopback's name or address");
        return verdict::Handled;
      }
      if (authorizes(x.get_header_value("Authorization"), how_.token.reveal())) return verdict::Unhandled;
      to.set_header("WWW-Authenticate", "Basic realm=\"tripool\"");
      refuse(to, 401, "needs the token, as a bearer or as the password");
      return verdict::Handled;
    });
  }

  void pages() {
    const auto give = [this](const char* path, std::string_view what, const char* type) {
      server_.Get(path, [what, type](const Request&, Response& to) { to.set_content(what.data(), what.size(), type); });
    };
    give("/", page::index_html, "text/html; charset=utf-8");
    give("/page.css", page::page_css, "text/css; charset=utf-8");
    give("/page.js", page::page_js, "text/javascript; charset=utf-8");
    give("/favicon.svg", page::favicon_svg, "image/svg+xml");
  }

  void inspection() {
    server_.Get("/healthz", [this](const Request&, Response& to) {
      if (!of_.look(std::chrono::seconds{5})) return refuse(to, 503, "the delegate does not answer");
      to.set_content("{\"alive\":true}\n", json_type);
    });
    server_.Get("/readyz", [this](const Request& x, Response& to) { ready(x, to); });
    server_.Get("/status", [this](const Request&, Response& to) {
      if (const auto seen = looked(to)) to.set_content(status_json(*seen, how_.version) + "\n", json_type);
    });
    server_.Get("/history", [this](const Request& x, Response& to) {
      const auto last = number(x, "last", to);
      const auto seen = last ? looked(to) : nullptr;
      if (!seen) return;
      auto all = of_.history();
      if (*last > 0 && *last < all.size()) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(*last));
      to.set_content(history_json(all, *seen) + "\n", json_type);
    });
    server_.Get("/metrics", [this](const Request&, Response& to) {
      const auto seen = looked(to);
      if (!seen) return;
      const auto dropped = how_.log_lines_dropped ? how_.log_lines_dropped() : 0;
      to.set_content(metrics_text(*seen, how_.version, dropped), "text/plain; version=0.0.4; charset=utf-8");
    });
    server_.Get("/events", [this](const Request& x, Response& to) { events(x, to); });
    server_.Get("/request", [this](const Request& x, Response& to) {
      const auto id = number(x, "id", to);
      if (!id) return;
      const auto seen = looked(to);
      const auto story = seen ? ask<request_story>(get_request{*id}, to) : std::nullopt;
      if (story) to.set_content(story_json(*story, *id, *seen) + "\n", json_type);
    });
    server_.Get("/why", [this](const Request& x, Response& to) {
      const auto seen = looked(to);
      const auto all = seen ? ask<events_reply>(get_causes{x.get_param_value("pool")}, to) : std::nullopt;
      if (all) to.set_content(events_json(*all, *seen) + "\n", json_type);
    });
  }

  void ready(const Request& x, Response& to) {
    const auto seen = ending_ ? nullptr : of_.look();
    const auto* table = seen ? seen->status.monitor.table.get() : nullptr;
    const bool reads = table && table->has_reader();
    const bool writes = table && table->has_writer();
    const bool ready = x.has_param("writes") ? writes : reads;
    const auto name = [](bool b) { return b ? "true" : "false"; };
    to.status = ready ? 200 : 503;
    to.set_content(std::string{"{\"ready\":"} + name(ready) + ",\"reads\":" + name(reads)
                     + ",\"writes\":" + name(writes) + ",\"ending\":" + name(ending_) + "}\n",
                   json_type);
  }

  void events(const Request& x, Response& to) {
    get_events q;
    const auto after = number(x, "after", to);
    const auto request = after ? number(x, "request", to) : std::nullopt;
    const auto limit = request ? number(x, "limit", to) : std::nullopt;
    if (!limit) return;
    q.which.after = *after;
    q.which.request = *request;
    if (*limit > 0) q.which.limit = std::min<std::size_t>(*limit, 1000);
    q.which.pool = x.get_param_value("pool");
    if (x.has_param("kind")) {
      const auto kind = event_kind_of(x.get_param_value("kind"));
      if (!kind) return refuse(to, 400, "there is no such kind of event");
      q.which.kinds = mask_of(*kind);
    }
    const auto seen = looked(to);
    const auto all = seen ? ask<events_reply>(std::move(q), to) : std::nullopt;
    if (all) to.set_content(events_json(*all, *seen) + "\n", json_type);
  }

  void control() {
    server_.Post("/control/([a-z-]{1,32})", [this](const Request& x, Response& to) {
      if (!how_.control) return refuse(to, 403, "orders are not taken: start the service with --http-control");
      // A page of another origin cannot send this type without asking first, and is never answered yes.
      if (!x.get_header_value("Content-Type").starts_with(json_type)) return refuse(to, 415, "send application/json");
      const auto origin = x.get_header_value("Origin");
      if (!origin.empty() && origin != "http://" + x.get_header_value("Host"))
        return refuse(to, 403, "orders are not taken from other pages");
      auto answer = carry_out_order(of_.system(), of_.delegate(), x.matches[1].str(), x.body, how_.reload);
      to.status = answer.status;
      to.set_content(answer.body + "\n", json_type);
    });
  }

  std::shared_ptr<const observation> looked(Response& to) {
    auto out = of_.look();
    if (!out) refuse(to, 503, "the delegate does not answer");
    return out;
  }

  template <class Reply, class Question>
  std::optional<Reply> ask(Question q, Response& to) {
    std::optional<Reply> out;
    caf::scoped_actor self{of_.system()};
    self->request(of_.delegate(), ask_limit, std::move(q))
      .receive([&](Reply& x) { out = std::move(x); }, [](const caf::error&) {});
    if (!out) refuse(to, 503, "the delegate does not answer");
    return out;
  }

  observer& of_;
  http_options how_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> over_{false}; ///< The thread has left the server.
  bounded_server server_;
  std::thread thread_;
};

std::unique_ptr<http_server> http_server::start(observer& of, http_options how, std::string& problem) {
  if (how.token.empty() && !how.at.is_loopback()) {
    problem = "an address that others can reach needs a token: name a file with --http-token-file, or set "
              + std::string{token_variable};
    return nullptr;
  }
  auto x = std::make_unique<impl>(of, std::move(how));
  if (!x->listen(problem)) return nullptr;
  return std::unique_ptr<http_server>{new http_server{std::move(x)}};
}

http_server::http_server(std::unique_ptr<impl> x) : impl_(std::move(x)) {}
http_server::~http_server() = default;

const http_address& http_server::at() const noexcept {
  return impl_->at();
}

void http_server::begin_to_end() noexcept {
  impl_->begin_to_end();
}

} // namespace tripool::service
