// Where Tripool has its secret from in a history: one that can be changed, and that can fail for a while.
// Knows no server and no actor. Used by the simulation.
#pragma once

#include "tripool/core/ports/credential_source.hpp"

#include <string>
#include <utility>

namespace tripool::test {

/// The source of all pools.
class vault final : public credential_source {
public:
  explicit vault(source_pace pace) : pace_(pace) {}

  std::string name() const override { return "the vault"; }
  source_pace pace() const override { return pace_; }
  source_answer fetch(const credential_subject&) override {
    if (failing_) return source_answer::failure("the vault is sealed");
    credential_material out;
    out.password = secret::copy_of(text_);
    return source_answer::of(std::move(out));
  }

  const std::string& text() const noexcept { return text_; }
  void put(std::string text) { text_ = std::move(text); }
  bool failing() const noexcept { return failing_; }
  void fail(bool x) noexcept { failing_ = x; }

private:
  source_pace pace_;
  std::string text_ = "s0";
  bool failing_ = false;
};

} // namespace tripool::test
