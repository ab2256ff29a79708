// The wrapper, and the bounds of what is kept.
#include "tripool/core/result/noticed_result.hpp"

#include <optional>
#include <string>
#include <utility>

namespace tripool {

namespace {

std::size_t size_of(const server_message& x) noexcept {
  return sizeof(x) + x.severity.size() + x.sqlstate.size() + x.message.size() + x.detail.size() + x.hint.size()
         + x.source_function.size() + x.constraint.size();
}

class noticed_result final : public result_data {
public:
  noticed_result(std::shared_ptr<const result_data> rows, std::vector<server_message> notices,
                 std::optional<tripool::receipt> receipt)
    : rows_(std::move(rows)), notices_(std::move(notices)), receipt_(receipt) {
    if (rows_) keep_shapes(rows_->shapes());
  }

  std::size_t row_count() const noexcept override { return rows_ ? rows_->row_count() : 0; }
  std::size_t column_count() const noexcept override { return rows_ ? rows_->column_count() : 0; }
  std::string_view column_name(std::size_t i) const noexcept override { return rows_->column_name(i); }
  std::uint32_t column_type(std::size_t i) const noexcept override { return rows_->column_type(i); }
  result_format column_format(std::size_t i) const noexcept override { return rows_->column_format(i); }
  std::optional<std::string_view> value(std::size_t row, std::size_t column) const noexcept override {
    return rows_->value(row, column);
  }
  cell_view cell_at(std::size_t row, std::size_t column) const noexcept override { return rows_->cell_at(row, column); }
  std::string_view bytes_at(std::size_t row, std::size_t column) const noexcept override {
    return rows_->bytes_at(row, column);
  }
  std::string_view command_tag() const noexcept override { return rows_ ? rows_->command_tag() : std::string_view{}; }
  std::size_t memory_bytes() const noexcept override {
    std::size_t sum = rows_ ? rows_->memory_bytes() : 0;
    for (const auto& x : notices_) sum += size_of(x);
    return sum;
  }
  const type_catalogue* types() const noexcept override { return rows_ ? rows_->types() : nullptr; }
  std::span<const server_message> notices() const noexcept override { return notices_; }
  const tripool::receipt* receipt() const noexcept override { return receipt_ ? &*receipt_ : nullptr; }

private:
  std::shared_ptr<const result_data> rows_;
  std::vector<server_message> notices_;
  std::optional<tripool::receipt> receipt_;
};

std::optional<receipt> receipt_of(const result& x) {
  const auto* known = x.data() ? x.data()->receipt() : nullptr;
  return known ? std::optional{*known} : std::nullopt;
}

} // namespace

void notice_list::add(server_message x) {
  const auto size = size_of(x);
  if (kept_.size() >= count_max || bytes_ + size > bytes_max) {
    ++left_out_;
    return;
  }
  bytes_ += size;
  kept_.push_back(std::move(x));
}

void notice_list::clear() noexcept {
  kept_.clear();
  bytes_ = 0;
  left_out_ = 0;
}

std::vector<server_message> notice_list::take() {
  auto out = std::exchange(kept_, {});
  if (left_out_ > 0) {
    server_message last;
    last.severity = "NOTICE";
    last.sqlstate = "00000";
    last.message = std::to_string(left_out_) + " further notices were left out";
    last.detail = "a result keeps " + std::to_string(count_max) + " notices and " + std::to_string(bytes_max >> 10)
                  + " KiB of them";
    out.push_back(std::move(last));
  }
  clear();
  return out;
}

result with_notices(result x, std::vector<server_message> notices) {
  if (notices.empty()) return x;
  const auto earlier = x.notices();
  notices.insert(notices.begin(), earlier.begin(), earlier.end());
  return result{std::make_shared<const noticed_result>(x.data(), std::move(notices), receipt_of(x))};
}

result with_receipt(result x, const receipt& what) {
  const auto known = x.notices();
  std::vector<server_message> notices{known.begin(), known.end()};
  return result{std::make_shared<const noticed_result>(x.data(), std::move(notices), what)};
}

} // namespace tripool
