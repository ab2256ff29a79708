// Texts of settings and of the errors about them.
#include "tripool/core/config/setting.hpp"

#include "tripool/core/config/quantity.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <charconv>

namespace tripool {

namespace {

constexpr std::size_t shown_text_max = 60;

std::string quoted(const std::string& x) {
  std::string out = "\"";
  for (std::size_t i = 0; i < x.size(); ++i) {
    // A cut never splits a UTF-8 sequence: continuation bytes are taken along.
    if (i >= shown_text_max && (static_cast<unsigned char>(x[i]) & 0xC0u) != 0x80u) return out + "...\"";
    const char c = x[i];
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20u ? ' ' : c;
  }
  return out + '"';
}

std::string shortest(double x) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x);
  return {buffer, end.ptr};
}

struct printer {
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(std::int64_t x) const { return std::to_string(x); }
  std::string operator()(double x) const { return shortest(x); }
  std::string operator()(duration x) const { return format_duration(x); }
  std::string operator()(const std::string& x) const { return quoted(x); }
  std::string operator()(const unsupported_value& x) const { return x.kind; }
};

} // namespace

std::string to_string(const config_value& x) {
  return std::visit(printer{}, x);
}

std::string to_string(const config_error& x) {
  std::string out = x.origin.file;
  if (x.origin.line > 0) {
    if (out.empty())
      out = "line ";
    else
      out += ':';
    out += std::to_string(x.origin.line);
    if (x.origin.column > 0) out.append(":").append(std::to_string(x.origin.column));
  }
  if (!out.empty()) out += ": ";
  if (!x.key.empty()) {
    out += x.key;
    if (!x.value.empty()) out.append(" = ").append(x.value);
    out += ": ";
  }
  return out + x.message;
}

std::string to_string(const std::vector<config_error>& xs) {
  std::string out;
  for (const auto& x : xs) {
    if (!out.empty()) out += '\n';
    out += to_string(x);
  }
  return out;
}

std::string full_key(const std::vector<std::string>& path) {
  std::string out = "tripool";
  for (const auto& part : path) out.append(".").append(part);
  return out;
}

void wipe_settings(setting_list& xs) noexcept {
  for (auto& x : xs.settings)
    if (auto* text = std::get_if<std::string>(&x.value)) wipe(*text);
}

} // namespace tripool
