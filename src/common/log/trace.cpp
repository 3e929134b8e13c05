#include "common/log/trace.h"

#include <sys/random.h>

#include <algorithm>
#include <span>
#include <utility>

namespace pai::log {
namespace {

constexpr std::size_t kLength = 55;  // of version 00: 00-<32>-<16>-<2>

/// -1: not a lower-case hexadecimal digit; the specification has no others.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool decode(std::string_view text, std::span<std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

void append_hex(std::string& text, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
}

bool is_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

void fill_random(std::span<std::uint8_t> bytes) {
  // A trace only helps to find lines: without random numbers, which after boot does not happen, all have one id.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()) || is_zero(bytes)) bytes.back() = 1;
}

struct Present {
  Trace trace;
  bool inside = false;
};

Present& present() {
  thread_local Present value;
  return value;
}

Trace process_trace;  // a constant once there are threads

}  // namespace

bool Trace::empty() const { return is_zero(id); }

std::string Trace::id_text() const {
  std::string text;
  if (!empty()) append_hex(text, id);
  return text;
}

std::optional<Trace> parse_traceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{}, flags{};
  Trace trace;
  if (!decode(text.substr(0, 2), version) || version[0] == 0xff) return std::nullopt;
  // A later version may say more behind what is known; this one may not.
  if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  if (!decode(text.substr(3, 32), trace.id) || is_zero(trace.id)) return std::nullopt;
  if (!decode(text.substr(36, 16), trace.parent) || is_zero(trace.parent)) return std::nullopt;
  if (!decode(text.substr(53, 2), flags)) return std::nullopt;
  trace.sampled = (flags[0] & 1) != 0;
  return trace;
}

std::string traceparent(const Trace& trace) {
  if (trace.empty()) return "";
  std::string text = "00-";
  append_hex(text, trace.id);
  text += '-';
  append_hex(text, trace.parent);
  return text + (trace.sampled ? "-01" : "-00");
}

Trace new_trace() {
  Trace trace;
  fill_random(trace.id);
  fill_random(trace.parent);
  return trace;
}

Trace next_step(const Trace& trace) {
  Trace next = trace;
  if (!trace.empty()) fill_random(next.parent);
  return next;
}

TraceScope::TraceScope(const Trace& trace)
    : before_(std::exchange(present().trace, trace)), was_inside_(std::exchange(present().inside, true)) {}

TraceScope::~TraceScope() { present() = {before_, was_inside_}; }

void set_process_trace(const Trace& trace) { process_trace = trace; }

Trace current_trace() { return present().inside ? present().trace : process_trace; }

}  // namespace pai::log
