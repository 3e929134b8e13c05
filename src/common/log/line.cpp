#include "common/log/line.h"

#include <cmath>
#include <string>

#include "common/base/text.h"

namespace pai::log {
namespace {

// Long enough for an error with its details, short enough that one hostile request can't fill a disk.
constexpr std::size_t kEventBytesMax = 400;
constexpr std::size_t kValueBytesMax = 2'000;

void append_quoted(std::string& line, std::string_view value) {
  std::string escaped;
  // What lies beyond the limit is cut anyway: no need to copy a megabyte to find that out.
  for (const char c : value.substr(0, kValueBytesMax + 4)) {
    if (c == '\\' || c == '\'') escaped += '\\';
    escaped += c;
  }
  line.append("'").append(printable(escaped, kValueBytesMax)).append("'");
}

void append_unicode_escape(std::string& out, unsigned code) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out.append("\\u00");
  out += kHexDigits[(code >> 4) & 15];
  out += kHexDigits[code & 15];
}

void append_json_string(std::string& out, std::string_view text, std::size_t bytes_max) {
  // JSON is UTF-8: what isn't becomes \xNN first, as in the text format.
  std::string cleaned;
  if (invalid_utf8_at(text) || text.size() > bytes_max) {
    cleaned = printable(text, bytes_max);
    text = cleaned;
  }
  out += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[at];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      append_unicode_escape(out, c);
    } else if (c == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
      append_unicode_escape(out, static_cast<unsigned char>(text[++at]));  // a C1 control: some terminals obey these
    } else {
      out += text[at];
    }
  }
  out += '"';
}

bool is_json_literal(const Field& field) {
  return !field.quoted && field.value != "nan" && field.value != "inf" && field.value != "-inf";
}

}  // namespace

std::string text_line(std::string_view event, const Fields& fields) {
  std::string line = printable(event, kEventBytesMax);
  for (const auto& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (field.quoted) {
      append_quoted(line, field.value);
    } else {
      line.append(field.value);
    }
  }
  return line;
}

std::string json_members(std::string_view program, std::string_view event, const Fields& fields) {
  std::string line = "\"program\":";
  append_json_string(line, program, kEventBytesMax);
  line += ",\"event\":";
  append_json_string(line, event, kEventBytesMax);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.key, kEventBytesMax);
    line += ':';
    if (is_json_literal(field)) {
      line += field.value;
    } else {
      append_json_string(line, field.value, kValueBytesMax);
    }
  }
  return line;
}

}  // namespace pai::log
