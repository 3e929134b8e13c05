#include "node/training_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "common/json/strict_json.h"
#include "common/task/test_record.h"

namespace pai::node {
namespace {

constexpr std::size_t kLineBytesMax = std::size_t{1} << 16;
/// Two numbers a point.
constexpr std::size_t kRocBytesMax = task::kRocCurvesMax * task::kRocPointsMax * 64;

/// Calls `take` with each whole line from the file's beginning, without its end, until it says false. A line
/// that is too long for a record ends it too.
template <class Take>
Status each_line(int fd, Take take) {
  if (::lseek(fd, 0, SEEK_SET) < 0) return errno_error("cannot read the test record", errno);
  std::string line;
  std::array<char, 65'536> buffer{};
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("cannot read the test record", errno);
    if (got == 0) return {};
    std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    while (true) {
      const auto end = text.find('\n');
      line.append(text.substr(0, end));
      if (end == std::string_view::npos) break;
      if (!take(std::string_view(line))) return {};
      line.clear();
      text.remove_prefix(end + 1);
    }
    if (line.size() > kLineBytesMax) return {};
  }
}

}  // namespace

Result<RecordPart> read_record(const io::Root& tasks, const ClientKey& key, std::uint64_t from) {
  RecordPart part;
  const auto file = tasks.open_file(key.folder() + "/" + task::kRecordFileName);
  if (!file.ok()) {
    if (file.error().code() == ErrorCode::kNotFound) return part;
    return file.error();
  }
  std::uint64_t lines = 0;
  PAI_TRY(each_line(file->get(), [&](std::string_view) { return ++lines > 0; }));
  part.total = lines == 0 ? 0 : lines - 1;  // the header is none
  part.first = std::max(from, part.total - std::min<std::uint64_t>(part.total, task::kRecordRowsMax));
  std::uint64_t number = 0;  // of the line; row i is line i + 1
  PAI_TRY(each_line(file->get(), [&](std::string_view line) {
    if (number++ == 0) {
      auto columns = task::parse_record_header(line);
      if (columns.ok()) part.columns = std::move(*columns);
      return columns.ok();
    }
    if (number - 2 < part.first) return true;
    if (part.rows.size() == kRecordPartRowsMax) return false;
    auto row = task::parse_record_line(line, part.columns.size());
    if (!row.ok()) {
      part.total = number - 2;
      return false;
    }
    part.rows.push_back(std::move(*row));
    return true;
  }));
  if (part.columns.empty()) part.total = 0;
  if (!part.rows.empty()) part.total = std::max<std::uint64_t>(part.total, part.first + part.rows.size());
  part.first = std::min(part.first, part.total);
  return part;
}

Result<std::optional<task::RocReport>> read_roc(const io::Root& tasks, const ClientKey& key) {
  const auto text = tasks.read(key.folder() + "/" + task::kRocFileName, kRocBytesMax);
  if (!text.ok()) {
    if (text.error().code() == ErrorCode::kNotFound) return std::optional<task::RocReport>();
    return text.error();
  }
  PAI_ASSIGN(const auto document, json::parse(*text));
  PAI_ASSIGN(auto report, task::roc_from_json(document));
  return std::optional(std::move(report));
}

}  // namespace pai::node
