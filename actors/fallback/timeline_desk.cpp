// Asking a server for its timeline, and reading what it says.
#include "tripool/actors/fallback/timeline_desk.hpp"

#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/util/mutation.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

/// Brings the answer to the simple pool as a message.
class timeline_responder final : public responder {
public:
  explicit timeline_responder(caf::actor to) : to_(std::move(to)) {}

  void done(reply x) override {
    timeline_told_msg out;
    if (!x.results.empty() && x.results.front().size() == 1 && x.results.front().columns() == 2) {
      const auto& row = x.results.front();
      if (!row.is_null(0, 0) && !row.is_null(0, 1)) out.at = wal_position_of(*row.raw(0, 0), *row.raw(0, 1));
    }
    if (!out.at) out.why_not = "its answer is not understood";
    caf::anon_send(to_, std::move(out));
  }

  void failed(failure x) override {
    caf::anon_send(to_, timeline_told_msg{std::nullopt, std::move(x.message), x.why == cause::actor_down});
  }

private:
  caf::actor to_;
};

} // namespace

bool timeline_desk::covers(const request& r) const noexcept {
  return !r.at_least() || r.at_least()->timeline <= timeline_ || mutated(mutation::ignore_position);
}

std::shared_ptr<request> timeline_desk::ask(caf::actor asker, time_point now, time_point deadline) {
  if (std::exchange(asking_, true)) return nullptr;
  statement s;
  s.text = wal_position_text;
  s.mode = access::read;
  s.format = result_format::text;
  s.priority = urgency::high;
  return std::make_shared<request>(std::move(s), std::make_unique<timeline_responder>(std::move(asker)), now, deadline);
}

void timeline_desk::told(const timeline_told_msg& x) {
  asking_ = false;
  if (x.at) timeline_ = std::max(timeline_, x.at->timeline);
}

failure timeline_desk::refusal(const request& r, const timeline_told_msg& x) const {
  failure f;
  f.why = cause::no_server;
  f.pool = simple_pool_name;
  f.message = "it asks for the position " + to_string(*r.at_least()) + ", but the simple pool serves, and its server ";
  f.message += x.at ? "is on timeline " + std::to_string(x.at->timeline) + ": it may have been replaced"
                    : "could not be asked for its timeline: " + x.why_not;
  f.hint = "wait until the pool manager is back (status: fallback); the log says why it is gone";
  return f;
}

} // namespace tripool
