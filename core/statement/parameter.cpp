// The printable shape of a parameter: never its value.
#include "tripool/core/statement/parameter.hpp"

namespace tripool {

namespace {

struct shape_visitor {
  std::string operator()(null_value) const { return "null"; }
  std::string operator()(bool) const { return "bool"; }
  std::string operator()(std::int64_t) const { return "integer"; }
  std::string operator()(double) const { return "double"; }
  std::string operator()(const std::string& x) const { return "text(" + std::to_string(x.size()) + " bytes)"; }
  std::string operator()(const bytes& x) const { return "bytes(" + std::to_string(x.size()) + ")"; }
};

} // namespace

std::string shape_of(const parameter& x) {
  return std::visit(shape_visitor{}, x.value());
}

} // namespace tripool
