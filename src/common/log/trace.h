#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pai::log {

/// A step of a distributed trace (W3C Trace Context, level 1). A plain value, so that lines can have one until a thread's very end.
struct Trace {
  std::array<std::uint8_t, 16> id{};     ///< all 0: no trace
  std::array<std::uint8_t, 8> parent{};  ///< the step's own id
  bool sampled = false;

  bool empty() const;
  std::string id_text() const;  ///< 32 lower-case hexadecimal digits; empty for no trace
  bool operator==(const Trace&) const = default;
};

/// From a `traceparent` header. Nothing unless all of it is as the specification has it: outside input goes into every line.
std::optional<Trace> parse_traceparent(std::string_view text);
/// The header (version 00); empty for no trace.
std::string traceparent(const Trace& trace);
/// A trace that begins here, from the system's random numbers.
Trace new_trace();
/// The same trace, one step further: what is passed on. No trace stays none.
Trace next_step(const Trace& trace);

/// While it stands, each line that this thread logs names the trace, and calls to other daemons carry it. An empty trace hides
/// the one around it. Belongs to one thread: not to be held over a co_await.
class TraceScope {
 public:
  explicit TraceScope(const Trace& trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  Trace before_;
  bool was_inside_;
};

/// For a process that works on one thing alone: the trace of all threads without a scope. Before there is a second thread.
void set_process_trace(const Trace& trace);

/// Of the innermost scope of this thread, else of the process; may be empty.
Trace current_trace();

}  // namespace pai::log
