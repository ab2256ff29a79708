// Moving, copying on purpose and wiping of secrets.
#include "tripool/core/credentials/secret.hpp"

#include <cstddef>

namespace tripool {

void wipe(std::string& text) noexcept {
  // Through a volatile pointer, so that the writes stay although nobody reads them again. The capacity is wiped too:
  // an earlier, longer content may still stand there.
  text.resize(text.capacity());
  volatile char* p = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) p[i] = '\0';
  text.clear();
}

secret::secret(std::string&& text) : text_(text) {
  tripool::wipe(text);
}

secret::secret(secret&& other) noexcept {
  text_.swap(other.text_);
  other.wipe(); // A short text lives inside the object: its bytes are still there.
}

secret& secret::operator=(secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_.swap(other.text_);
  other.wipe();
  return *this;
}

secret::~secret() {
  wipe();
}

secret secret::duplicate() const {
  std::string copy{text_};
  return secret{std::move(copy)};
}

void secret::wipe() noexcept {
  tripool::wipe(text_);
}

} // namespace tripool
