// The part of JSON Schema that docs/status.schema.json uses: type (also a list of them), properties, required,
// additionalProperties, items, enum, const, minimum and $ref to #/$defs. Used by the tests of the endpoint.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace tripool::test {

using json = nlohmann::json;

inline bool is_of_type(const json& x, const std::string& type) {
  if (type == "object") return x.is_object();
  if (type == "array") return x.is_array();
  if (type == "string") return x.is_string();
  if (type == "boolean") return x.is_boolean();
  if (type == "null") return x.is_null();
  if (type == "integer") return x.is_number_integer();
  return type == "number" && x.is_number();
}

/// What is wrong with `x`, with the place; empty when it fits.
inline std::string misfit(const json& x, const json& schema, const json& root, const std::string& at = "$") {
  if (schema.contains("$ref")) {
    const auto name = schema["$ref"].get<std::string>().substr(std::string{"#/$defs/"}.size());
    if (!root["$defs"].contains(name)) return at + ": the schema has no definition " + name;
    return misfit(x, root["$defs"][name], root, at);
  }
  if (schema.contains("const") && x != schema["const"]) return at + ": must be " + schema["const"].dump();
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), x) == schema["enum"].end())
    return at + ": " + x.dump() + " is not among those allowed";
  if (schema.contains("type")) {
    const auto& t = schema["type"];
    const auto of = [&](const json& one) { return is_of_type(x, one); };
    const bool fits = t.is_array() ? std::any_of(t.begin(), t.end(), of) : of(t);
    if (!fits) return at + ": " + x.dump().substr(0, 80) + " is no " + t.dump();
  }
  if (schema.contains("minimum") && x.is_number() && x.get<double>() < schema["minimum"].get<double>())
    return at + ": below its minimum";
  if (x.is_object() && schema.contains("properties")) {
    for (const auto& name : schema.value("required", json::array()))
      if (!x.contains(name.get<std::string>())) return at + ": lacks " + name.dump();
    for (const auto& [key, value] : x.items()) {
      if (schema["properties"].contains(key)) {
        auto wrong = misfit(value, schema["properties"][key], root, at + "." + key);
        if (!wrong.empty()) return wrong;
      } else if (schema.value("additionalProperties", json(true)) == json(false)) {
        return at + ": the schema does not know " + key;
      }
    }
  }
  if (x.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      auto wrong = misfit(x[i], schema["items"], root, at + "[" + std::to_string(i) + "]");
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

} // namespace tripool::test
