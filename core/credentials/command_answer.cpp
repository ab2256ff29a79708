// Plain lines and JSON objects. The reader knows just enough JSON to find the elements it wants and to refuse what is
// none.
#include "tripool/core/credentials/command_answer.hpp"

#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tripool {

namespace {

using wall_time = std::chrono::system_clock::time_point;
using std::chrono::seconds;

constexpr int json_depth_max = 16;
constexpr double seconds_max = 10.0 * 365 * 86400; // Ten years: beyond that it is no expiry.

bool one_of(std::string_view x, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

class json_reader {
public:
  json_reader(std::string_view text, wall_time now) : text_(text), now_(now) {}

  /// Returns whether the whole text is one object.
  bool run() {
    skip_space();
    if (!object(0, true)) return false;
    skip_space();
    return at_ == text_.size();
  }
  credential_material take() { return std::move(found_); }
  bool wrong_kind() const noexcept { return wrong_kind_; }

private:
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool eat(char c) noexcept {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() noexcept {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  void append_utf8(std::string& to, std::uint32_t x) {
    const auto put = [&](std::uint32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (x < 0x80) return put(x);
    if (x < 0x800) {
      put(0xC0 | (x >> 6));
    } else if (x < 0x10000) {
      put(0xE0 | (x >> 12));
      put(0x80 | ((x >> 6) & 0x3F));
    } else {
      put(0xF0 | (x >> 18));
      put(0x80 | ((x >> 12) & 0x3F));
      put(0x80 | ((x >> 6) & 0x3F));
    }
    put(0x80 | (x & 0x3F));
  }

  bool hex4(std::uint32_t& out) {
    if (at_ + 4 > text_.size()) return false;
    const auto* begin = text_.data() + at_;
    const auto read = std::from_chars(begin, begin + 4, out, 16);
    at_ += 4;
    return read.ec == std::errc{} && read.ptr == begin + 4;
  }

  bool escape(std::string& to) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    const char c = peek();
    ++at_;
    if (const auto i = names.find(c); i != std::string_view::npos && c != '\0') {
      to += values[i];
      return true;
    }
    std::uint32_t x = 0;
    if (c != 'u' || !hex4(x)) return false;
    if (x >= 0xD800 && x < 0xDC00) {
      std::uint32_t low = 0;
      if (!eat('\\') || !eat('u') || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
      x = 0x10000 + ((x - 0xD800) << 10) + (low - 0xDC00);
    } else if (x >= 0xDC00 && x < 0xE000) {
      return false;
    }
    append_utf8(to, x);
    return true;
  }

  /// Reads a text into `to`, whose memory is taken at once so that it leaves no copies behind.
  bool string(std::string& to) {
    if (!eat('"')) return false;
    const auto end = text_.find('"', at_);
    if (end == std::string_view::npos) return false;
    to.reserve(text_.size() - at_);
    while (at_ < text_.size() && peek() != '"') {
      if (static_cast<unsigned char>(peek()) < 0x20u) return false;
      if (eat('\\')) {
        if (!escape(to)) return false;
      } else {
        to += text_[at_++];
      }
    }
    return eat('"');
  }

  bool number(double& out) {
    const auto* begin = text_.data() + at_;
    const auto read = std::from_chars(begin, text_.data() + text_.size(), out);
    at_ += static_cast<std::size_t>(read.ptr - begin);
    return read.ec == std::errc{} && std::isfinite(out);
  }

  bool word(std::string_view x) {
    if (text_.substr(at_, x.size()) != x) return false;
    at_ += x.size();
    return true;
  }

  bool object(int depth, bool wanted) {
    if (depth > json_depth_max || !eat('{')) return false;
    skip_space();
    if (eat('}')) return true;
    for (;;) {
      skip_space();
      std::string key;
      if (!string(key)) return false;
      skip_space();
      if (!eat(':')) return false;
      const bool deeper = wanted && depth == 0 && one_of(key, {"data", "status"});
      if (!value(depth + 1, wanted ? key : std::string{}, deeper)) return false;
      skip_space();
      if (eat('}')) return true;
      if (!eat(',')) return false;
    }
  }

  bool array(int depth) {
    if (depth > json_depth_max || !eat('[')) return false;
    skip_space();
    if (eat(']')) return true;
    for (;;) {
      if (!value(depth + 1, {}, false)) return false;
      skip_space();
      if (eat(']')) return true;
      if (!eat(',')) return false;
    }
  }

  bool value(int depth, const std::string& key, bool wanted) {
    skip_space();
    if (peek() == '{') {
      note_kind(key);
      return object(depth, wanted);
    }
    if (peek() == '[') {
      note_kind(key);
      return array(depth);
    }
    if (peek() == '"') {
      std::string text;
      const bool read = string(text);
      if (read) take_text(key, text);
      wipe(text);
      return read;
    }
    if (word("true") || word("false")) {
      note_kind(key);
      return true;
    }
    if (word("null")) return true;
    double x = 0;
    if (!number(x)) return false;
    take_number(key, x);
    return true;
  }

  static bool is_secret_key(const std::string& key) { return one_of(key, {"password", "token"}); }
  static bool is_user_key(const std::string& key) { return one_of(key, {"user", "username"}); }
  static bool is_length_key(const std::string& key) { return one_of(key, {"expires_in", "lease_duration", "ttl"}); }
  static bool is_end_key(const std::string& key) {
    return one_of(key, {"expires_at", "expiration", "Expiration", "expirationTimestamp"});
  }
  void note_kind(const std::string& key) {
    wrong_kind_ = wrong_kind_ || is_secret_key(key) || is_user_key(key) || is_length_key(key) || is_end_key(key);
  }

  void take_text(const std::string& key, std::string& text) {
    if (is_secret_key(key) && found_.password.empty()) {
      found_.password = secret{std::move(text)};
    } else if (is_user_key(key) && found_.user.empty()) {
      found_.user = text;
    } else if (is_end_key(key)) {
      if (const auto end = read_instant(text))
        expires(std::chrono::duration<double>(*end - now_).count());
      else
        wrong_kind_ = true;
    } else if (is_length_key(key)) {
      double x = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), x);
      if (read.ec == std::errc{} && read.ptr == text.data() + text.size())
        take_number(key, x);
      else
        wrong_kind_ = true;
    }
  }

  void take_number(const std::string& key, double x) {
    if (is_length_key(key))
      expires(x);
    else if (is_end_key(key))
      expires(x - std::chrono::duration<double>(now_.time_since_epoch()).count());
    else
      note_kind(key);
  }

  void expires(double in_seconds) {
    if (found_.valid_for) return;
    if (!(in_seconds <= seconds_max)) return; // As good as never.
    const auto whole = std::max(in_seconds, 0.0);
    found_.valid_for = std::chrono::duration_cast<duration>(std::chrono::duration<double>(whole));
  }

  std::string_view text_;
  wall_time now_;
  std::size_t at_ = 0;
  bool wrong_kind_ = false;
  credential_material found_;
};

bool digits(std::string_view& from, std::size_t count, int& out) {
  if (from.size() < count) return false;
  const auto read = std::from_chars(from.data(), from.data() + count, out);
  if (read.ec != std::errc{} || read.ptr != from.data() + count || from.front() == '-') return false;
  from.remove_prefix(count);
  return true;
}

bool eat(std::string_view& from, char c) {
  if (!from.starts_with(c)) return false;
  from.remove_prefix(1);
  return true;
}

/// "Z", "+01:00" or "-0130" at the end, as what must be taken off.
std::optional<seconds> read_offset(std::string_view text) {
  if (text == "Z" || text == "z") return seconds{0};
  const bool ahead = text.starts_with('+');
  if (!ahead && !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!digits(text, 2, hours)) return std::nullopt;
  eat(text, ':');
  if (!digits(text, 2, minutes) || !text.empty() || hours > 18 || minutes > 59) return std::nullopt;
  const auto length = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return ahead ? seconds{length} : -seconds{length};
}

} // namespace

std::optional<wall_time> read_instant(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!digits(text, 4, year) || !eat(text, '-') || !digits(text, 2, month) || !eat(text, '-') || !digits(text, 2, day))
    return std::nullopt;
  if (!eat(text, 'T') && !eat(text, 't') && !eat(text, ' ')) return std::nullopt;
  if (!digits(text, 2, hour) || !eat(text, ':') || !digits(text, 2, minute) || !eat(text, ':')
      || !digits(text, 2, second) || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  if (eat(text, '.'))
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  const auto offset = read_offset(text);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!offset || !date.ok() || year < 1970 || year > 2200) return std::nullopt;
  const auto at =
    std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second} - *offset;
  return wall_time{at};
}

std::string secret_fault(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > password_bytes_max) return "is longer than " + std::to_string(password_bytes_max) + " bytes";
  if (text.find_first_of(std::string_view{"\0\n\r", 3}) != std::string_view::npos)
    return "must be one line of text, without a NUL byte";
  if (find_text_fault(text)) return "is not valid UTF-8";
  return {};
}

expected<credential_material, std::string> read_command_answer(std::string_view output, wall_time wall_now) {
  const auto wrong = [](std::string why) { return unexpected{std::move(why)}; };
  if (output.size() > command_output_max)
    return wrong("it printed more than " + std::to_string(command_output_max) + " bytes");
  const auto begin = output.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return wrong("it printed nothing");
  const auto spoiled = [](std::string_view text) { return "the secret that it printed " + secret_fault(text); };
  credential_material found;
  if (output[begin] == '{') {
    json_reader reader{output, wall_now};
    if (!reader.run()) return wrong("it printed something that begins like JSON and is not");
    if (reader.wrong_kind()) return wrong("an element of its JSON is of the wrong kind: see docs/security.md");
    found = reader.take();
    if (found.password.empty()) return wrong("its JSON holds no \"password\" and no \"token\"");
    if (!secret_fault(found.password.view()).empty()) return wrong(spoiled(found.password.view()));
  } else {
    while (output.ends_with('\n') || output.ends_with('\r')) output.remove_suffix(1);
    if (!secret_fault(output).empty()) return wrong(spoiled(output));
    found.password = secret::copy_of(output);
  }
  if (found.valid_for && *found.valid_for <= duration::zero()) return wrong("what it printed has expired already");
  return found;
}

} // namespace tripool
