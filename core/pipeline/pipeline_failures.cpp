// The pipeline's failures, put into words.
#include "tripool/core/pipeline/pipeline_machine.hpp"

#include <utility>

namespace tripool {

bool pipeline_machine::settle_if_too_large(pipeline_unit& u, time_point now) {
  std::size_t sum = 0;
  for (const auto& r : u.results) sum += r.memory_bytes();
  if (sum <= limits_.result_bytes_max) return false;
  auto f = blank(outcome::rejected, cause::result_too_large);
  f.sqlstate = "54000";
  f.message = "the result holds " + std::to_string(sum)
              + " bytes, more than result-bytes-max = " + std::to_string(limits_.result_bytes_max);
  f.hint = "ask for fewer rows or columns, or raise result-bytes-max for this pool";
  settle_failed(u, std::move(f), now);
  return true;
}

failure pipeline_machine::blank(outcome kind, cause why) const {
  failure f;
  f.kind = kind;
  f.why = why;
  f.pool = limits_.name;
  f.server = server_;
  return f;
}

failure pipeline_machine::describe(const pipeline_unit& u, outcome kind, const server_message& e,
                                   std::uint32_t index) const {
  auto f = blank(kind, u.cancel_why != cause::none && e.sqlstate == "57014" ? u.cancel_why : cause::server_error);
  f.sqlstate = e.sqlstate;
  f.message = e.message;
  f.detail = e.detail;
  f.hint = e.hint;
  if (f.hint.empty()) f.hint = std::string{hint_for(e.sqlstate)};
  if (f.why == cause::deadline)
    f.message = kind == outcome::rejected
                  ? "the deadline passed while the statement ran: it was cancelled and rolled back"
                  : "the deadline passed while the statement ran: it was cancelled";
  if (f.why == cause::cancelled)
    f.message = kind == outcome::rejected ? "its caller cancelled it while it ran: it was rolled back"
                                          : "its caller cancelled it while it ran";
  if (f.why == cause::result_too_large) {
    f.message = "the result passed result-bytes-max = " + std::to_string(limits_.result_bytes_max)
                + " bytes: the statement was cancelled";
    f.sqlstate = "54000";
    f.hint = "ask for fewer rows or columns, or raise result-bytes-max for this pool";
  }
  if (kind == outcome::not_executed) f.proved = proof::rolled_back;
  const auto own = u.what ? u.what->statements().size() - u.what->prologue() : 0;
  if (u.what && u.what->is_batch() && (own > 1 || u.what->prologue() == 0) && index >= u.what->prologue()) {
    const auto place = "statement " + std::to_string(index + 1 - u.what->prologue()) + " of " + std::to_string(own);
    f.detail = f.detail.empty() ? place : place + ": " + f.detail;
  }
  return f;
}

} // namespace tripool
