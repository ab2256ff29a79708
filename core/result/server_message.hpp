// What a server says in words: an error, a warning or a notice, field by field.
// A plain value without parameters or secrets of ours. Used by the session port, by classify and by results.
#pragma once

#include <string>

namespace tripool {

/// A server's error or notice, verbatim.
struct server_message {
  std::string severity; ///< Not localised: ERROR, FATAL, PANIC, WARNING, NOTICE ...
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::string source_function; ///< For example "SyncRepWaitForLSN": tells warnings of the same SQLSTATE apart.
  std::string constraint{};    ///< Of an error: the constraint that was violated, or empty.
};

} // namespace tripool
