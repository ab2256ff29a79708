// Results and messages as libpq holds them, in core's terms.
// A result keeps the PGresult alive and reads from it; nothing is copied. Used by the session.
#pragma once

#include "tripool/core/ports/session.hpp"
#include "tripool/core/postgres/detail/handles.hpp"
#include "tripool/core/postgres/detail/libpq_text.hpp"

namespace tripool::postgres {

/// Result data backed by a PGresult. Immutable, so reading it from several threads is safe, and independent of the
/// session that it came from. Indices are checked here before libpq sees them: for a wrong one libpq would call the
/// notice receiver of a session that may be long gone.
class libpq_result final : public result_data {
public:
  /// Precondition: not null.
  explicit libpq_result(result_handle from, std::shared_ptr<const type_catalogue> types = nullptr) noexcept;

  std::size_t row_count() const noexcept override { return rows_; }
  std::size_t column_count() const noexcept override { return columns_; }
  std::string_view column_name(std::size_t column) const noexcept override;
  std::uint32_t column_type(std::size_t column) const noexcept override;
  result_format column_format(std::size_t column) const noexcept override;
  std::optional<std::string_view> value(std::size_t row, std::size_t column) const noexcept override;
  cell_view cell_at(std::size_t row, std::size_t column) const noexcept override;
  std::string_view bytes_at(std::size_t row, std::size_t column) const noexcept override;
  std::string_view command_tag() const noexcept override;
  std::size_t memory_bytes() const noexcept override;
  const type_catalogue* types() const noexcept override { return types_.get(); }

private:
  result_handle from_;
  std::shared_ptr<const type_catalogue> types_;
  std::size_t rows_;
  std::size_t columns_;
};

/// The server's message, field by field. For messages of libpq's own making the SQLSTATE is empty.
server_message message_of(const PGresult& x);

/// Whether a message of this severity ends the session.
bool ends_session(const server_message& x) noexcept;

/// One line for people: "FATAL 57P01: terminating connection due to administrator command".
std::string line_of(const server_message& x);

} // namespace tripool::postgres
