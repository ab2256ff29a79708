// Texts of transactions and names.
#include "tripool/core/statement/session_order.hpp"

namespace tripool {

std::string_view to_string(session_purpose x) noexcept {
  switch (x) {
    case session_purpose::lease: return "lease";
    case session_purpose::transaction: return "transaction";
    case session_purpose::stream: return "stream";
    case session_purpose::copy_in: return "copy in";
    case session_purpose::copy_out: return "copy out";
  }
  return "unknown";
}

std::string begin_text(const transaction_options& x) {
  std::string out = "BEGIN";
  switch (x.level) {
    case isolation::standard: break;
    case isolation::read_committed: out += " ISOLATION LEVEL READ COMMITTED"; break;
    case isolation::repeatable_read: out += " ISOLATION LEVEL REPEATABLE READ"; break;
    case isolation::serializable: out += " ISOLATION LEVEL SERIALIZABLE"; break;
  }
  if (x.read_only) out += " READ ONLY";
  if (x.deferrable) out += " DEFERRABLE";
  return out;
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

} // namespace tripool
