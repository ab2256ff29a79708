// A consumer for CAF's parser that notes where each key stands, and texts for the parser's error codes.
//
// CAF's own consumer merges sections only one level deep: of `[tripool.pools.a]` and `[tripool.pools.b]` the second
// replaces the first. This one keeps both.
#include "tripool/actors/config/read_settings.hpp"

#include "tripool/actors/config/prescan.hpp"

#include <caf/atom.hpp>
#include <caf/config_value.hpp>
#include <caf/detail/parser/read_ini.hpp>
#include <caf/parser_state.hpp>
#include <caf/pec.hpp>
#include <caf/uri.hpp>

#include <optional>

namespace tripool {

namespace {

using parser_state = caf::parser_state<const char*>;

constexpr const char* a_uri = "a URI in angle brackets (write it in double quotes)";

// Turns what the parser reports into settings. The parser's consumers are handles to this one object.
class collector {
public:
  collector(const parser_state& at, std::string_view text, const std::string& file, read_text& out)
    : at_(at), text_(text), file_(file), out_(out) {}

  void key(std::string x) {
    if (ignored_ > 0) return;
    key_ = std::move(x);
    key_end_ = position();
    waiting_ = true;
    // After an unfinished line CAF's parser goes on as if a new top-level key began in its middle.
    if (path_.size() == 1 && path_.front() == "global" && !first_in_line(key_))
      fail("the line should end before " + key_);
  }

  void value(config_value x) {
    if (ignored_ > 0) return;
    waiting_ = false;
    auto path = path_below();
    if (!path) return;
    if (path->empty())
      fail("tripool is a group: write tripool { ... } or [tripool]");
    else
      out_.list.settings.push_back({std::move(*path), std::move(x), origin()});
  }

  void begin_map() {
    if (ignored_ > 0) {
      ++ignored_;
      return;
    }
    waiting_ = false;
    path_.push_back(std::move(key_));
    if (path_ == std::vector<std::string>{"global"}) return;
    const auto top = path_.front() == "global" ? 1u : 0u;
    if (path_.size() == top + 1) {
      if (path_.back() == "tripool")
        out_.has_tripool = true;
      else
        out_.other_groups.push_back(path_.back());
      return;
    }
    if (path_[top] != "tripool") return;
    out_.list.groups.push_back({{path_.begin() + top + 1, path_.end()}, origin()});
  }

  void end_map() {
    if (ignored_ > 0)
      --ignored_;
    else
      path_.pop_back();
  }

  void begin_list() {
    if (ignored_ == 0) value(unsupported_value{"a list"});
    ++ignored_;
  }

  void end_list() { --ignored_; }

  /// The key whose value has not come, or nothing.
  const std::string* waiting() const { return waiting_ ? &key_ : nullptr; }
  /// First character of that key's value, as far as it came.
  char value_begin() const {
    const auto at = text_.find_first_not_of(" \t=", key_end_);
    return at == std::string_view::npos ? '\0' : text_[at];
  }
  std::vector<config_error>& errors() { return errors_; }

private:
  config_origin origin() const {
    auto out = origin_at(text_, position(), file_);
    out.column = 0;
    return out;
  }

  std::size_t position() const { return static_cast<std::size_t>(at_.i - text_.data()); }

  void fail(std::string message) { errors_.push_back({origin(), {}, {}, std::move(message)}); }

  bool first_in_line(const std::string& name) const {
    const auto line_end = position();
    const auto last = text_.rfind('\n', line_end == 0 ? 0 : line_end - 1);
    const auto line = text_.substr(last == std::string_view::npos ? 0 : last + 1);
    const auto begin = line.find_first_not_of(" \t");
    return begin != std::string_view::npos && line.substr(begin).starts_with(name);
  }

  // The full path of the present key below `tripool`; nothing when it stands elsewhere.
  std::optional<std::vector<std::string>> path_below() const {
    auto out = path_;
    out.push_back(key_);
    if (out.front() == "global") out.erase(out.begin());
    if (out.front() != "tripool") return std::nullopt;
    out.erase(out.begin());
    return out;
  }

  const parser_state& at_;
  std::string_view text_;
  const std::string& file_;
  read_text& out_;
  std::vector<std::string> path_;
  std::string key_;
  std::size_t key_end_ = 0;
  bool waiting_ = false;
  int ignored_ = 0; // Levels of lists, and of what stands in them.
  std::vector<config_error> errors_;
};

// What the parser calls a consumer: cheap to copy.
struct consumer {
  collector* to;

  void key(std::string x) const { to->key(std::move(x)); }
  consumer begin_map() const {
    to->begin_map();
    return *this;
  }
  void end_map() const { to->end_map(); }
  consumer begin_list() const {
    to->begin_list();
    return *this;
  }
  void end_list() const { to->end_list(); }

  void value(bool x) const { to->value(x); }
  void value(std::int64_t x) const { to->value(x); }
  void value(double x) const { to->value(x); }
  void value(caf::timespan x) const { to->value(duration{x}); }
  void value(std::string x) const { to->value(std::move(x)); }
  void value(caf::atom_value x) const { to->value(caf::to_string(x)); }
  void value(const caf::uri&) const { to->value(unsupported_value{a_uri}); }
};

constexpr const char* single_quotes =
  "in single quotes stand words of at most 10 letters, digits and underscores; a text stands in double quotes";

std::string explain_value(const std::string& key, char found) {
  if ((found >= '0' && found <= '9') || found == '-' || found == '+')
    return "the value of " + key + " is no number; durations have one of the units ns, us, ms, s, min, h";
  return "the value of " + key + " is none: a text stands in double quotes, true and false do not";
}

std::string explain(caf::pec code, char found, const std::string* waiting) {
  using caf::pec;
  switch (code) {
    case pec::unexpected_eof: return "the file ends in the middle: a quote, a brace or a bracket may not be closed";
    case pec::unexpected_newline:
      if (waiting != nullptr) return "the line ends before the value of " + *waiting + " does";
      return "the line ends too early: key = value, group { or [section] is wanted";
    case pec::fractional_timespan: return "a duration has no fraction: 1500ms instead of 1.5s";
    case pec::timespan_overflow:
    case pec::integer_overflow:
    case pec::integer_underflow:
    case pec::exponent_overflow:
    case pec::exponent_underflow: return "the number is out of range";
    case pec::too_many_characters: return single_quotes;
    case pec::illegal_escape_sequence: return "after a backslash only n, r, t, \\ and \" are possible";
    default: break;
  }
  if (found == '#') return "unexpected '#': a comment begins with a semicolon";
  std::string out = "unexpected ";
  const auto byte = static_cast<unsigned char>(found);
  if (found == '\n')
    out += "end of the line";
  else if (byte < 0x20u || byte >= 0x7Fu)
    out += "character";
  else
    out.append("'").append(1, found).append("'");
  return out;
}

config_error syntax_error(const parser_state& state, std::string_view text, const std::string& file,
                          const collector& seen) {
  const auto position = static_cast<std::size_t>(state.i - text.data());
  const auto found = state.current();
  const auto* waiting = seen.waiting();
  auto message = explain(state.code, found, waiting);
  const auto line = text.substr(0, position).substr(text.substr(0, position).rfind('\n') + 1);
  const bool generic = state.code <= caf::pec::trailing_character || state.code == caf::pec::unexpected_character
                       || state.code == caf::pec::unexpected_newline;
  if (generic && found != '#' && waiting != nullptr) {
    const auto begin = seen.value_begin();
    // A quoted text that is not closed is the line's end, not a wrong kind of value.
    if (begin == '\'' && found != '\n')
      message = single_quotes;
    else if (begin != '"' && begin != '\'' && begin != '\n')
      message = explain_value(*waiting, begin);
  } else if (state.code == caf::pec::unexpected_newline && line.find('=') != std::string_view::npos) {
    message = "only a comment may follow a value (a duration has no space before its unit)";
  }
  return {origin_at(text, position, file), {}, {}, std::move(message)};
}

} // namespace

std::variant<read_text, std::vector<config_error>> read_settings(std::string_view text, const std::string& file) {
  if (auto error = prescan(text, file)) return std::vector{std::move(*error)};
  read_text out;
  out.list.origin.file = file;
  parser_state state{text.data(), text.data() + text.size()};
  collector to{state, text, file, out};
  caf::detail::parser::read_ini(state, consumer{&to});
  if (state.code != caf::pec::success) to.errors().push_back(syntax_error(state, text, file, to));
  if (!to.errors().empty()) {
    wipe_settings(out.list);
    return std::move(to.errors());
  }
  return out;
}

namespace {

struct from_caf {
  config_value operator()(bool x) const { return x; }
  config_value operator()(std::int64_t x) const { return x; }
  config_value operator()(double x) const { return x; }
  config_value operator()(caf::timespan x) const { return duration{x}; }
  config_value operator()(const std::string& x) const { return x; }
  config_value operator()(caf::atom_value x) const { return caf::to_string(x); }
  config_value operator()(const caf::uri&) const { return unsupported_value{a_uri}; }
  config_value operator()(const caf::config_value::list&) const { return unsupported_value{"a list"}; }
  config_value operator()(const caf::settings&) const { return unsupported_value{"a group"}; }
};

void take_group(const caf::settings& from, std::vector<std::string>& path, setting_list& to) {
  for (const auto& [key, value] : from) {
    path.push_back(key);
    if (const auto* group = caf::get_if<caf::settings>(&value)) {
      to.groups.push_back({path, {}});
      if (path.size() < static_cast<std::size_t>(config_depth_max)) take_group(*group, path, to);
    } else {
      to.settings.push_back({path, caf::visit(from_caf{}, value), {}});
    }
    path.pop_back();
  }
}

} // namespace

std::variant<setting_list, std::vector<config_error>> take_settings(const caf::settings& from) {
  const auto found = from.find("tripool");
  const auto* group = found == from.end() ? nullptr : caf::get_if<caf::settings>(&found->second);
  if (group == nullptr) {
    // Filled step by step: as an initializer list, g++ 12 warns of what it does not understand.
    std::vector<config_error> errors(1);
    const bool missing = found == from.end();
    if (!missing) errors[0].key = "tripool";
    errors[0].message = missing ? "the settings hold no group tripool" : "is a group: write [tripool] ...";
    return errors;
  }
  setting_list out;
  std::vector<std::string> path;
  take_group(*group, path, out);
  return out;
}

} // namespace tripool
