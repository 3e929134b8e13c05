#include "node/logs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace pai::node {
namespace {

constexpr std::size_t kTailBytesMax = std::size_t{1} << 20;
constexpr std::size_t kLineBytesMax = 4'096;
constexpr std::size_t kReasonBytesMax = 400;

/// The end of the file, from the start of a line and not before `begin`; empty when there is no file.
Result<std::string> read_end(const io::Root& tasks, const std::string& file, std::uint64_t begin = 0) {
  auto opened = tasks.open_file(file);
  if (!opened.ok()) {
    if (opened.error().code() == ErrorCode::kNotFound) return std::string();
    return std::move(opened).error();
  }
  struct stat status {};
  if (::fstat(opened->get(), &status) != 0) return errno_error("cannot look at '" + file + "'", errno);
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::size_t first = begin > size ? 0 : begin;  // somebody cut it short: all of it may be new
  const std::size_t from = size > first + kTailBytesMax ? size - kTailBytesMax : first;
  std::string text(size - from, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got =
        ::pread(opened->get(), text.data() + filled, text.size() - filled, static_cast<off_t>(from + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("cannot read '" + file + "'", errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  if (from > first) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// `2026-01-02T03:04:05.678Z error what happened trace=0af7…` -> `what happened`; other lines as they are.
std::string_view message_of(std::string_view line) {
  const std::string_view mark = " error ", trace = " trace=";
  if (const auto end = line.rfind(trace); end != std::string_view::npos && line.size() - end == trace.size() + 32) line = line.substr(0, end);
  const auto at = line.find(mark);
  return at != std::string_view::npos && at < 32 ? line.substr(at + mark.size()) : line;
}

std::string log_path(const ClientKey& key) {
  return key.folder() + "/log.txt";
}

}  // namespace

Severity severity_of(std::string_view line) {
  const auto from_word = [](std::string_view word) {
    if (word == "error" || word == "critical") return Severity::kError;
    return word == "warning" ? Severity::kWarning : Severity::kNone;
  };
  // journald's prefix, which a failed check prints on its own.
  if (line.size() > 3 && line[0] == '<' && line[2] == '>') {
    if (line[1] >= '0' && line[1] <= '3') return Severity::kError;
    return line[1] == '4' ? Severity::kWarning : Severity::kNone;
  }
  constexpr std::string_view kJsonLevel = ",\"level\":\"";
  if (line.starts_with("{\"time\":\"")) {
    const auto at = line.find(kJsonLevel);
    if (at == std::string_view::npos) return Severity::kNone;
    const std::string_view rest = line.substr(at + kJsonLevel.size());
    return from_word(rest.substr(0, rest.find('"')));
  }
  // `<time>Z <level> <event>`: the time is one word that ends in Z.
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || line[space - 1] != 'Z') return Severity::kNone;
  const std::string_view rest = line.substr(space + 1);
  return from_word(rest.substr(0, rest.find(' ')));
}

Result<std::string> log_tail(const io::Root& tasks, const ClientKey& key, std::size_t lines,
                             ShareLogs share) {
  if (share == ShareLogs::kNone) {
    return Error(ErrorCode::kDenied, "this node does not share its clients' logs")
        .with_hint("its owner can: share_logs in the node's configuration");
  }
  PAI_ASSIGN(const std::string text, read_end(tasks, log_path(key)));
  std::deque<std::string_view> kept;
  for (const auto line : lines_of(text)) {
    if (share == ShareLogs::kErrors && severity_of(line) == Severity::kNone) continue;
    kept.push_back(line);
    if (kept.size() > lines) kept.pop_front();
  }
  std::string answer;
  for (const auto line : kept) answer.append(printable(line, kLineBytesMax)).append("\n");
  return answer;
}

std::uint64_t log_size(const io::Root& tasks, const ClientKey& key) {
  const auto opened = tasks.open_file(log_path(key));
  struct stat status {};
  return opened.ok() && ::fstat(opened->get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string last_error_line(const io::Root& tasks, const ClientKey& key, std::uint64_t begin, ShareLogs share) {
  if (share == ShareLogs::kNone) return {};
  const auto text = read_end(tasks, log_path(key), begin);
  if (!text.ok()) return {};  // a log that can't be read tells nothing; the reason stands without it
  const auto lines = lines_of(*text);
  const auto is_error = [](std::string_view line) { return severity_of(line) == Severity::kError; };
  const auto found = std::find_if(lines.rbegin(), lines.rend(), is_error);
  if (found != lines.rend()) return printable(message_of(*found), kReasonBytesMax);
  // What a program prints when it dies before its log is set up has no level.
  if (share == ShareLogs::kFull && !lines.empty()) return printable(lines.back(), kReasonBytesMax);
  return {};
}

}  // namespace pai::node
