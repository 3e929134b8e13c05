#include "common/csv/file_source.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/base/text.h"
#include "common/csv/scanner.h"

namespace pai::csv {
namespace {

/// A block stays in a core's cache until its rows were used.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;
constexpr std::size_t kPadding = 64;

}  // namespace

Result<FileIdentity> identify(int fd, std::string_view file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno_error("cannot look at '" + printable(file, 300) + "'", errno);
  const auto nanoseconds = [](const timespec& time) {
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
  };
  return FileIdentity{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                      nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

Result<std::size_t> read_at(int fd, std::string_view file, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read '" + printable(file, 300) + "'", errno);
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Error changed_error(std::string_view file) {
  return Error(ErrorCode::kInvalid, "'" + printable(file, 300) + "' changed while it was read")
      .with_hint("start the task again when nothing writes to the file")
      .with_detail({ErrorDetail::Kind::kFile, std::string(file), "changed while it was read"});
}

Status scan_file(const FileRows& rows, Scanner& scanner, const OnBlock& on_block) {
  const std::uint64_t total = rows.end - rows.begin;
  std::size_t room = 2 * kReadBytes;
  auto buffer = std::make_unique_for_overwrite<char[]>(room + kPadding);
  std::uint64_t done = 0;
  std::size_t have = 0, fed = 0;  // bytes in the buffer; how many of them were scanned
  while (done < total) {
    // Make room behind the row that has not ended: it moves to the front, or to a larger buffer.
    const char* const row = scanner.unfinished();
    const std::size_t keep_from = row != nullptr ? static_cast<std::size_t>(row - buffer.get()) : fed;
    const std::size_t kept = have - keep_from;
    if (kept + kReadBytes > room) {
      room = (kept + kReadBytes) * 2;
      auto larger = std::make_unique_for_overwrite<char[]>(room + kPadding);
      std::memcpy(larger.get(), buffer.get() + keep_from, kept);
      buffer = std::move(larger);
    } else {
      std::memmove(buffer.get(), buffer.get() + keep_from, kept);
    }
    scanner.relocate(buffer.get());
    have = kept;
    fed -= keep_from;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, total - done));
    const std::size_t block = have;
    PAI_ASSIGN(const std::size_t count,
               read_at(rows.fd, rows.file, buffer.get() + have, wanted, rows.begin + done));
    if (count < wanted) return changed_error(rows.file);
    done += count;
    have += count;
    const std::size_t whole = (have - fed) / 64 * 64;
    PAI_TRY(scanner.feed(buffer.get() + fed, whole));
    fed += whole;
    if (on_block) PAI_TRY(on_block({buffer.get() + block, count}, done));
  }
  PAI_TRY(scanner.finish(buffer.get() + fed, have - fed));
  return on_block ? on_block({}, done) : Status();
}

Result<Layout> read_layout(int fd, std::string_view file, const ColumnRequest& request) {
  // The usual header needs one page; only a long one costs the full megabyte.
  std::string text;
  for (const std::size_t size : {std::size_t{16} << 10, Limits::kHeaderBytesMax + 1}) {
    text.resize(size);
    PAI_ASSIGN(const std::size_t read, read_at(fd, file, text.data(), size, 0));
    text.resize(read);
    if (read < size || text.find('\n') != std::string::npos) {
      const bool whole = read < size;
      auto header = parse_header(file, text, whole);
      if (!header.ok() && !whole && size < Limits::kHeaderBytesMax)
        continue;  // a header whose quoted names span lines
      if (!header.ok()) return std::move(header).error();
      const std::string_view rest = std::string_view(text).substr(header->rows_offset);
      if (whole && rest.find_first_not_of("\r\n") == std::string_view::npos) {
        return fault_error(file, Fault{FaultKind::kNoRows, header->rows_line, 0, 0});
      }
      return resolve(file, std::move(header).value(), request);
    }
  }
  return fault_error(file, Fault{FaultKind::kHeaderTooLong, 1, 0, 0});
}

ColumnRequest request_from_settings(const nlohmann::json& settings) {
  ColumnRequest request;
  if (const auto found = settings.find("columns"); found != settings.end() && found->is_array()) {
    auto& columns = request.columns.emplace();
    for (const auto& column : *found) {
      if (column.is_string())
        columns.emplace_back(column.get<std::string>());
      else if (column.is_number_unsigned())
        columns.emplace_back(column.get<std::uint64_t>());
      else if (column.is_number_integer())
        columns.emplace_back(static_cast<std::uint64_t>(column.get<std::int64_t>()));
    }
  }
  if (const auto found = settings.find("id_column"); found != settings.end()) {
    if (found->is_string()) request.id_columns.push_back(found->get<std::string>());
    if (found->is_array()) {
      for (const auto& name : *found) {
        if (name.is_string()) request.id_columns.push_back(name.get<std::string>());
      }
    }
  }
  return request;
}

}  // namespace pai::csv
