// Moving, copying on purpose and wiping of secrets.
#include "tripool/core/credentials/secret.hpp"

#include <atomic>
#include <cstring>

namespace tripool {

namespace {

std::atomic<secret_memory*>& home_of_secrets() noexcept {
  static std::atomic<secret_memory*> home{nullptr};
  return home;
}

} // namespace

void keep_secrets_in(secret_memory& home) noexcept {
  home_of_secrets().store(&home);
}

void wipe(char* at, std::size_t size) noexcept {
  // Through a volatile pointer, so that the writes stay although nobody reads them again.
  volatile char* p = at;
  for (std::size_t i = 0; i < size; ++i) p[i] = '\0';
}

void wipe(std::string& text) noexcept {
  // The capacity is wiped too: an earlier, longer content may still stand there.
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

secret::secret(std::string&& text) {
  hold(text);
  tripool::wipe(text);
}

secret secret::copy_of(std::string_view text) {
  secret out;
  out.hold(text);
  return out;
}

secret::secret(secret&& other) noexcept
  : bytes_(std::exchange(other.bytes_, nullptr)),
    size_(std::exchange(other.size_, 0)),
    home_(std::exchange(other.home_, nullptr)) {
  // nop
}

secret& secret::operator=(secret&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  bytes_ = std::exchange(other.bytes_, nullptr);
  size_ = std::exchange(other.size_, 0);
  home_ = std::exchange(other.home_, nullptr);
  return *this;
}

secret::~secret() {
  let_go();
}

secret secret::duplicate() const {
  return copy_of({reveal(), size_});
}

bool secret::same_as(const secret& other) const noexcept {
  unsigned char differs = size_ == other.size_ ? 0 : 1;
  for (std::size_t i = 0; i < size_ && i < other.size_; ++i)
    differs = static_cast<unsigned char>(differs | (bytes_[i] ^ other.bytes_[i]));
  return differs == 0;
}

void secret::hold(std::string_view text) {
  if (text.empty()) return;
  home_ = home_of_secrets().load();
  bytes_ = home_ ? home_->take(text.size() + 1) : nullptr;
  if (!bytes_) {
    home_ = nullptr;
    bytes_ = new char[text.size() + 1];
  }
  size_ = text.size();
  std::memcpy(bytes_, text.data(), size_);
  bytes_[size_] = '\0';
}

void secret::let_go() noexcept {
  if (!bytes_) return;
  tripool::wipe(bytes_, size_);
  if (home_)
    home_->give_back(bytes_, size_ + 1);
  else
    delete[] bytes_;
  bytes_ = nullptr;
  size_ = 0;
  home_ = nullptr;
}

} // namespace tripool
