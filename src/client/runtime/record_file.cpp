#include "client/runtime/record_file.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "common/task/test_record.h"

namespace pai::client {

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

std::vector<std::vector<double>> rows_before(std::string_view text, const std::vector<std::string>& columns,
                                             std::uint64_t batches_max) {
  std::vector<std::vector<double>> rows;
  for (bool is_header = true;; is_header = false) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return rows;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (is_header) {
      const auto header = task::parse_record_header(line);
      if (!header.ok() || *header != columns) return rows;
      continue;
    }
    auto row = task::parse_record_line(line, columns.size());
    if (!row.ok() || !((*row)[1] <= static_cast<double>(batches_max)))
      return rows;  // rows follow in order of batches
    rows.push_back(std::move(*row));
  }
}

}  // namespace

Result<RecordFile> RecordFile::start(const io::Root& folder, const std::vector<std::string>& columns,
                                     std::optional<std::uint64_t> keep_until) {
  std::vector<std::vector<double>> kept;
  if (keep_until) {
    PAI_ASSIGN(const bool exists, folder.exists(task::kRecordFileName));
    if (exists) {
      PAI_ASSIGN(const auto text, folder.read(task::kRecordFileName, kFileBytesMax));
      kept = rows_before(text, columns, *keep_until);
    }
  }
  auto text = task::record_header(columns);
  for (const auto& row : kept) text += task::record_line(row);
  PAI_TRY(folder.write_atomically(task::kRecordFileName, text));
  io::Fd fd(::openat(folder.fd(), task::kRecordFileName, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return errno_error("cannot open 'record.csv' in the task's folder", errno);
  return RecordFile(std::move(fd), std::move(kept));
}

Status RecordFile::append(std::span<const double> row) {
  return io::write_all(fd_.get(), task::record_line(row), task::kRecordFileName);
}

Status RecordFile::sync() const {
  while (::fdatasync(fd_.get()) != 0) {
    if (errno != EINTR) return errno_error("cannot write 'record.csv' to the disk", errno);
  }
  return {};
}

}  // namespace pai::client
