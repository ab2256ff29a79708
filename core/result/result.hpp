// The immutable answer of one statement: columns, rows, command tag. A handle that is cheap to copy and may be read by
// several threads; the bytes behind it belong to whoever made them (libpq, a test, a message from another node).
// Include row.hpp to read values as C++ types. Knows nothing of libpq. Used by callers.
#pragma once

#include "tripool/core/codec/decode_error.hpp"
#include "tripool/core/result/column_shapes.hpp"
#include "tripool/core/result/receipt.hpp"
#include "tripool/core/result/server_message.hpp"
#include "tripool/core/statement/statement.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

class type_catalogue;

/// One value with all that reading it takes. Views the result that it lies in.
struct cell_view {
  std::optional<std::string_view> value; ///< NULL: none.
  std::uint32_t type = 0;
  result_format format = result_format::text;
  const type_catalogue* types = nullptr;
};

/// What holds a result's bytes. Implementations are immutable after construction, so reading is thread-safe.
class result_data {
public:
  virtual ~result_data() = default;
  virtual std::size_t row_count() const noexcept = 0;
  virtual std::size_t column_count() const noexcept = 0;
  virtual std::string_view column_name(std::size_t column) const noexcept = 0;
  virtual std::uint32_t column_type(std::size_t column) const noexcept = 0; ///< The type's OID in the server.
  virtual result_format column_format(std::size_t column) const noexcept = 0;
  virtual std::optional<std::string_view> value(std::size_t row,
                                                std::size_t column) const noexcept = 0; ///< NULL: none.
  /// Value, type, format and types in one question. Precondition: both indices in range.
  virtual cell_view cell_at(std::size_t row, std::size_t column) const noexcept;
  /// The value alone, in a form that is handed over in registers: NULL is a view without data, an empty value one with
  /// data. Precondition: both indices in range.
  virtual std::string_view bytes_at(std::size_t row, std::size_t column) const noexcept;
  virtual std::string_view command_tag() const noexcept = 0; ///< For example "INSERT 0 3".
  virtual std::size_t memory_bytes() const noexcept = 0;
  /// The types of the database that it came from, where they are at hand; else null.
  virtual const type_catalogue* types() const noexcept { return nullptr; }
  virtual std::span<const server_message> notices() const noexcept { return {}; }
  virtual const tripool::receipt* receipt() const noexcept { return nullptr; }

  /// Types and formats of the first columns, as far as the implementation has them at hand: maybe of none. Asked for
  /// with every value, hence without a virtual call.
  const column_shapes& shapes() const noexcept { return shapes_; }

protected:
  /// To be called while being constructed, with the result's own first columns.
  void keep_shapes(const column_shapes& x) noexcept { shapes_ = x; }

private:
  column_shapes shapes_;
};

class row;
class row_iterator;

/// The result of one statement. An empty handle behaves as a result without rows and columns.
class result {
public:
  using value_type = row;
  using const_iterator = row_iterator;

  result() = default;
  explicit result(std::shared_ptr<const result_data> data) : data_(std::move(data)) {}

  std::size_t size() const noexcept { return data_ ? data_->row_count() : 0; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t columns() const noexcept { return data_ ? data_->column_count() : 0; }
  /// Precondition: `column < columns()`.
  std::string_view column_name(std::size_t column) const noexcept { return data_->column_name(column); }
  std::uint32_t column_type(std::size_t column) const noexcept { return data_->column_type(column); }
  result_format column_format(std::size_t column) const noexcept { return data_->column_format(column); }
  /// Position of the first column of that name, or nothing.
  std::optional<std::size_t> find_column(std::string_view name) const noexcept;
  std::string_view command_tag() const noexcept { return data_ ? data_->command_tag() : std::string_view{}; }
  /// The rows that the command touched, from its tag; 0 for commands that count none.
  std::uint64_t affected_rows() const noexcept;
  /// The notices and warnings that the server sent while the statement ran, in their order; see noticed_result.hpp for
  /// the bounds. Live as long as the result.
  std::span<const server_message> notices() const noexcept {
    return data_ ? data_->notices() : std::span<const server_message>{};
  }
  /// What a write with a token, or one that was to report its position, says about itself; all else: an empty one.
  tripool::receipt receipt() const noexcept {
    const auto* x = data_ ? data_->receipt() : nullptr;
    return x ? *x : tripool::receipt{};
  }
  /// Whether the write's token was there already: this request changed nothing, and has no rows.
  bool already_applied() const noexcept { return receipt().by_token == application::already_applied; }
  std::size_t memory_bytes() const noexcept { return data_ ? data_->memory_bytes() : 0; }

  /// The bytes of one value as the server sent them; nothing for NULL. Precondition: both indices in range.
  std::optional<std::string_view> raw(std::size_t row, std::size_t column) const noexcept {
    return data_->value(row, column);
  }
  bool is_null(std::size_t row, std::size_t column) const noexcept { return !raw(row, column).has_value(); }

  // -- reading as C++ types: defined in row.hpp ---------------------------------------------------------------------

  /// Precondition: `index < size()`.
  row operator[](std::size_t index) const noexcept;
  row_iterator begin() const noexcept;
  row_iterator end() const noexcept;
  /// The only row as a `T` (see `row::as`). Another number of rows is an error.
  template <class T>
  decoded<T> one() const;
  /// The only row as a `T`, or nothing when there is none. More than one row is an error.
  template <class T>
  decoded<std::optional<T>> optional() const;
  /// Every row as a `T`, in order.
  template <class T>
  decoded<std::vector<T>> all() const;

  const std::shared_ptr<const result_data>& data() const noexcept { return data_; }

private:
  std::shared_ptr<const result_data> data_;
};

/// Result data that owns its bytes in plain vectors: for tests, and for results rebuilt from a message.
class owned_result final : public result_data {
public:
  struct column {
    std::string name;
    std::uint32_t type = 25;
    result_format format = result_format::text;
  };
  using cell = std::optional<std::string>;

  owned_result(std::string tag, std::vector<column> columns, std::vector<std::vector<cell>> rows);

  std::size_t row_count() const noexcept override { return rows_.size(); }
  std::size_t column_count() const noexcept override { return columns_.size(); }
  std::string_view column_name(std::size_t i) const noexcept override { return columns_[i].name; }
  std::uint32_t column_type(std::size_t i) const noexcept override { return columns_[i].type; }
  result_format column_format(std::size_t i) const noexcept override { return columns_[i].format; }
  std::optional<std::string_view> value(std::size_t row, std::size_t column) const noexcept override;
  std::string_view bytes_at(std::size_t row, std::size_t column) const noexcept override;
  std::string_view command_tag() const noexcept override { return tag_; }
  std::size_t memory_bytes() const noexcept override;

private:
  std::string tag_;
  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

} // namespace tripool
