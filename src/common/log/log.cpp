#include "common/log/log.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>

#include "common/log/line.h"
#include "common/log/sink.h"
#include "common/log/trace.h"

namespace pai::log {
namespace {

constexpr std::string_view kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr std::string_view kJsonPattern = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}";
constexpr std::string_view kJournalPattern = "%*%v";  // journald stamps the time itself

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// `%*`: the priority prefix of sd-daemon(3).
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string_view prefix = "<6>";
    if (message.level == spdlog::level::debug) prefix = "<7>";
    if (message.level == spdlog::level::warn) prefix = "<4>";
    if (message.level >= spdlog::level::err) prefix = "<3>";
    out.append(prefix.data(), prefix.data() + prefix.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

struct Output {
  std::shared_ptr<DescriptorSink> sink;
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::kText;
  std::string program;
};

std::shared_ptr<const Output> make_output(std::shared_ptr<DescriptorSink> sink, const Options& options) {
  auto output = std::make_shared<Output>();
  output->sink = std::move(sink);
  output->format = options.format;
  output->program = options.program;
  const bool journal = options.file.empty() && stderr_is_journal();
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
  std::string pattern(options.format == Format::kJson ? kJsonPattern : kTextPattern);
  // journald cuts the prefix off, so that JSON lines stay whole objects there too.
  if (journal) pattern = options.format == Format::kJson ? "%*" + pattern : std::string(kJournalPattern);
  formatter->add_flag<PriorityFlag>('*').set_pattern(pattern);
  output->sink->set_formatter(std::move(formatter));
  output->logger = std::make_shared<spdlog::logger>(options.program, output->sink);
  output->logger->set_level(spdlog_level(options.level));
  // The sink reports losses itself; what is left to fail in spdlog is memory, and there is nowhere to tell that.
  output->logger->set_error_handler([](const std::string&) {});
  return output;
}

/// Never destroyed, so that threads and destructors that outlive main may still log.
struct Global {
  std::mutex mutex;
  std::shared_ptr<const Output> output;
};

Global& global() {
  static auto* const instance = new Global;
  return *instance;
}

std::shared_ptr<const Output> current_output() {
  auto& state = global();
  const std::lock_guard lock(state.mutex);
  if (!state.output) state.output = make_output(std::make_shared<DescriptorSink>(STDERR_FILENO), Options{});
  return state.output;
}

/// A daemon started with stderr closed would give its number to the next file it opens: the database, say.
void keep_standard_descriptors_taken() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);  // takes the lowest free number: this one
  }
}

template <class Number>
std::string number_text(Number number) {
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

}  // namespace

std::optional<Level> level_from_name(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "info") return Level::kInfo;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return std::nullopt;
}

std::optional<Format> format_from_name(std::string_view name) {
  if (name == "text") return Format::kText;
  if (name == "json") return Format::kJson;
  return std::nullopt;
}

Field::Field(std::string_view name, std::string_view text) : key(name), value(text), quoted(true) {}
Field::Field(std::string_view name, bool flag) : key(name), value(flag ? "true" : "false") {}
Field::Field(std::string_view name, double number) : key(name), value(number_text(number)) {
  if (std::isnan(number)) value = "nan";  // to_chars writes the sign of a NaN, which means nothing
}
Field::Field(std::string_view name, std::int64_t number) : key(name), value(number_text(number)) {}
Field::Field(std::string_view name, std::uint64_t number) : key(name), value(number_text(number)) {}

Status init(const Options& options) {
  keep_standard_descriptors_taken();
  // Whoever reads our stderr may go away; that must cost lines, not the process.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    auto sink = std::make_shared<DescriptorSink>(STDERR_FILENO);
    if (!options.file.empty()) {
      PAI_ASSIGN(sink, DescriptorSink::open_file(options.file));
    }
    auto output = make_output(std::move(sink), options);
    auto& state = global();
    const std::lock_guard lock(state.mutex);
    state.output = std::move(output);
    return {};
  } catch (const std::exception& fault) {
    return Error(ErrorCode::kInternal, std::string("cannot set up the log: ") + fault.what());
  }
}

void set_level(Level level) { current_output()->logger->set_level(spdlog_level(level)); }

Status reopen() { return current_output()->sink->reopen(); }

void write(Level level, std::string_view event, const Fields& fields) {
  const auto output = current_output();
  const auto severity = spdlog_level(level);
  if (!output->logger->should_log(severity)) return;
  const bool json = output->format == Format::kJson;
  std::string line = json ? json_members(output->program, event, fields) : text_line(event, fields);
  if (const Trace trace = current_trace(); !trace.empty()) {
    line += (json ? ",\"trace_id\":\"" : " trace=") + trace.id_text() + (json ? "\"" : "");
  }
  output->logger->log(severity, spdlog::string_view_t(line.data(), line.size()));  // a view: never a format string
}

}  // namespace pai::log
