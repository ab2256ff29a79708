// The printable shape of a parameter, never its value; and the types that parameters state.
#include "tripool/core/statement/parameter.hpp"

#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/codec/type_catalogue.hpp"

#include <algorithm>

namespace tripool {

namespace {

std::string type_of(const encoded_parameter& x) {
  if (x.type != 0) return server_type_name(x.type);
  return x.type_name.empty() ? std::string{"value"} : x.type_name;
}

struct shape_visitor {
  std::string operator()(null_value) const { return "null"; }
  std::string operator()(bool) const { return "bool"; }
  std::string operator()(std::int64_t) const { return "integer"; }
  std::string operator()(double) const { return "double"; }
  std::string operator()(const std::string& x) const { return "text(" + std::to_string(x.size()) + " bytes)"; }
  std::string operator()(const bytes& x) const { return "bytes(" + std::to_string(x.size()) + ")"; }
  std::string operator()(const encoded_parameter& x) const {
    if (!x.data) return "null " + type_of(x);
    return type_of(x) + "(" + std::to_string(x.data->size()) + " bytes)";
  }
};

bool states_type(const parameter& x) {
  return std::holds_alternative<bytes>(x.value()) || std::holds_alternative<encoded_parameter>(x.value());
}

} // namespace

std::uint32_t stated_type(const parameter& x, const type_catalogue* known) {
  if (std::holds_alternative<bytes>(x.value())) return server_type::bytea;
  const auto* encoded = std::get_if<encoded_parameter>(&x.value());
  if (!encoded) return 0;
  if (encoded->type != 0 || encoded->type_name.empty() || !known) return encoded->type;
  return known->oid_of(encoded->type_name);
}

std::vector<std::uint32_t> stated_types(std::span<const parameter> parameters, const type_catalogue* known) {
  std::vector<std::uint32_t> out;
  if (std::none_of(parameters.begin(), parameters.end(), states_type)) return out;
  out.reserve(parameters.size());
  for (const auto& x : parameters) out.push_back(stated_type(x, known));
  return out;
}

bool names_unknown_type(std::span<const parameter> parameters, const type_catalogue* known) {
  return std::any_of(parameters.begin(), parameters.end(), [known](const parameter& x) {
    const auto* encoded = std::get_if<encoded_parameter>(&x.value());
    return encoded && encoded->type == 0 && !encoded->type_name.empty()
           && (!known || known->oid_of(encoded->type_name) == 0);
  });
}

std::string shape_of(const parameter& x) {
  return std::visit(shape_visitor{}, x.value());
}

} // namespace tripool
