// Failures in and out of caf::error.
#include "tripool/actors/error.hpp"

#include "tripool/actors/protocol.hpp"

#include <caf/atom.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace tripool {

namespace {

constexpr auto category = caf::atom("tripool");

} // namespace

caf::error make_error(failure x) {
  const auto code = static_cast<std::uint8_t>(x.kind);
  return caf::error{code, category, caf::make_message(std::move(x))};
}

failure failure_of(const caf::error& x) {
  if (x.category() == category && x.context().match_elements<failure>()) return x.context().get_as<failure>(0);
  failure f;
  f.why = cause::actor_down;
  if (x == caf::sec::request_receiver_down) {
    f.kind = outcome::not_executed;
    f.message = "whom it was sent to had ended before it took the request: the delegate, or a borrowed session";
    f.hint = "start Tripool again, or ask its present delegate; a lease or transaction that has ended serves no more";
  } else if (x == caf::sec::unexpected_message) {
    f.kind = outcome::not_executed;
    f.why = cause::invalid_request;
    f.message = "whom it was sent to does not take such a message";
    f.hint = "see the protocol for what a delegate, a lease and a transaction take";
  } else if (x == caf::sec::request_timeout) {
    f.kind = outcome::in_doubt;
    f.why = cause::deadline;
    f.message =
      "no answer came within the time that its caller gave it: another node was not reached, or its answer lost";
    f.hint = "look whether it took effect before sending it again";
  } else {
    f.kind = outcome::in_doubt;
    f.message = "the request ended with an error of the actor system: " + caf::deep_to_string(x);
    f.hint = "look whether it took effect before sending it again";
  }
  return f;
}

caf::error exception_error(const std::exception_ptr& x) {
  try {
    std::rethrow_exception(x);
  } catch (const std::exception& e) {
    return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
  } catch (...) {
    return caf::exit_reason::unhandled_exception;
  }
}

std::string render_error(std::uint8_t code, caf::atom_value, const caf::message& context) {
  if (context.match_elements<failure>()) return to_string(context.get_as<failure>(0));
  return std::string{to_string(static_cast<outcome>(code))};
}

} // namespace tripool
