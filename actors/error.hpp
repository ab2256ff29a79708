// How a failure travels: inside a caf::error, so that callers handle it where they handle every error of a request.
// Used by the delegate's callers and by whoever answers them.
#pragma once

#include "tripool/core/outcome/failure.hpp"

#include <caf/error.hpp>

#include <exception>

namespace tripool {

/// Wraps a failure. Its code is the outcome, its category "tripool".
caf::error make_error(failure x);

/// Gets the failure out of any error that a request to the delegate ended with. Errors of CAF itself are judged too:
/// when the delegate was gone before it took the request, that is a proof that it did not run.
failure failure_of(const caf::error& x);

/// What an actor ends with when an exception escaped from a handler: an error that carries its text, for the
/// supervisor's log. CAF's own handler prints to standard output, which is not Tripool's.
caf::error exception_error(const std::exception_ptr& x);

/// Renders the category for `caf::actor_system_config::add_error_category`.
std::string render_error(std::uint8_t code, caf::atom_value, const caf::message& context);

} // namespace tripool
