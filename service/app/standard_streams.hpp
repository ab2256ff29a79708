// The standard descriptors of a process: that they are there at all, and that what was printed has arrived. Knows no
// command. Used by main before anything else, and by commands whose output is their result.
#pragma once

#include <string>

namespace tripool::service {

/// Puts /dev/null into the places of descriptors 0, 1 and 2 that the caller of the process has closed, so that no
/// socket or file takes them and is read or written by mistake. Reading such a 0 finds the end; writing such a 1 fails,
/// since what should have arrived there is lost; what goes to such a 2 vanishes.
void fill_standard_descriptors() noexcept;

/// Writes what stdio holds back for standard output. Returns `code`, or, when not everything could be written (also
/// before), says so on standard error and returns 1.
int finish_output(int code);

/// Says on standard error that a stream cannot be used, with the system's words for `error` (an errno).
void complain_of_stream(const std::string& what, int error);

} // namespace tripool::service
