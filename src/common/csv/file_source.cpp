#include "common/csv/file_source.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

#include "common/base/text.h"

namespace pai::csv {

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
