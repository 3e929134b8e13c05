// The second reading of a table that is not held in memory: a distribution sort by place in aligned order, on
// disk.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "client/align/core/large_memory.h"
#include "client/align/row_lines.h"
#include "client/align/write_rows.h"
#include "common/base/text.h"

namespace pai::client::align {
namespace {

constexpr std::uint32_t kNotCommon = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kBucketBytes = std::uint64_t{32} << 20;
constexpr std::size_t kBufferBytesAll = std::size_t{32} << 20;

/// In front of each row in a bucket: its place in aligned order, the size of its aligned line, and of the
/// values at that line's end.
struct RecordHead {
  std::uint32_t place;
  std::uint32_t line_size;
  std::uint32_t values_size;
};

/// Rows whose places are near each other, in an unnamed file.
class Bucket {
 public:
  Bucket(io::Fd fd, std::size_t buffer_bytes) : fd_(std::move(fd)), buffer_bytes_(buffer_bytes) {}

  Status add(std::uint32_t place, std::string_view line, std::size_t values_begin) {
    const RecordHead head{place, static_cast<std::uint32_t>(line.size()),
                          static_cast<std::uint32_t>(line.size() - values_begin)};
    buffer_.append(reinterpret_cast<const char*>(&head), sizeof head).append(line);
    ++rows_;
    return buffer_.size() < buffer_bytes_ ? Status() : flush();
  }
  Status flush() {
    PAI_TRY(io::write_all(fd_.get(), buffer_, "a temporary file"));
    bytes_ += buffer_.size();
    buffer_.clear();
    return {};
  }
  /// Everything that was added; the bucket is empty afterwards and gives its disk space back.
  Result<std::string> take() {
    PAI_TRY(flush());
    std::string bytes(static_cast<std::size_t>(bytes_), '\0');
    PAI_ASSIGN(const std::size_t count,
               csv::read_at(fd_.get(), "a temporary file", bytes.data(), bytes.size(), 0));
    if (count != bytes.size()) return Error(ErrorCode::kIo, "a temporary file lost its end");
    fd_ = io::Fd();
    std::string().swap(buffer_);
    return bytes;
  }
  std::uint64_t rows() const { return rows_; }

 private:
  io::Fd fd_;
  std::size_t buffer_bytes_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  std::uint64_t rows_ = 0;
};

Result<std::vector<Bucket>> make_buckets(std::size_t count, int folder) {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < count; ++i) {
    io::Fd fd(::openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!fd.valid()) return errno_error("cannot create a temporary file beside the data set", errno);
    buckets.emplace_back(std::move(fd), std::max<std::size_t>(kBufferBytesAll / count, 4096));
  }
  return buckets;
}

Status write_bucket(Bucket& bucket, std::uint64_t first_place, RowsWriter& writer) {
  PAI_ASSIGN(const std::string bytes, bucket.take());
  std::vector<std::size_t> offsets(static_cast<std::size_t>(bucket.rows()));
  for (std::size_t at = 0; at < bytes.size();) {
    RecordHead head;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    offsets[static_cast<std::size_t>(head.place - first_place)] = at;
    at += sizeof head + head.line_size;
  }
  for (const std::size_t at : offsets) {
    RecordHead head;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    const std::string_view line(bytes.data() + at + sizeof head, head.line_size);
    PAI_TRY(writer.add(line, line.substr(line.size() - head.values_size)));
  }
  return {};
}

}  // namespace

Status write_passing_rows(Table& table, std::span<const std::uint32_t> rows, int scratch_folder,
                          RowsWriter& writer, Counter& written) {
  PAI_TRY(writer.at_least(rows.size()));
  std::uint32_t last = 0;
  for (const auto row : rows) last = std::max(last, row);
  PAI_ASSIGN(const auto memory,
             LargeMemory::reserve((static_cast<std::size_t>(last) + 1) * sizeof(std::uint32_t)));
  auto* const place_of = memory.as<std::uint32_t>();
  std::fill_n(place_of, static_cast<std::size_t>(last) + 1, kNotCommon);
  for (std::size_t place = 0; place < rows.size(); ++place)
    place_of[rows[place]] = static_cast<std::uint32_t>(place);

  const std::size_t count =
      std::clamp<std::size_t>(static_cast<std::size_t>(table.bytes() / kBucketBytes + 1), 1, 512);
  const std::uint64_t bucket_places = (rows.size() + count - 1) / count;
  PAI_ASSIGN(auto buckets, make_buckets(count, scratch_folder));
  RowCutter cutter(table.layout());
  LineReader reader(table.layout());
  const auto distribute = [&](const csv::Scanner&, std::span<const csv::Row> batch,
                              std::uint64_t number) -> Status {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (number + i > last || place_of[number + i] == kNotCommon) continue;
      const std::uint32_t place = place_of[number + i];
      const std::string_view line = cutter.line(batch[i].text());
      PAI_TRY(buckets[static_cast<std::size_t>(place / bucket_places)].add(place, line,
                                                                           reader.values_begin(line)));
    }
    return {};
  };
  // Each row of the table counts when it was read, each common row again when it was written.
  std::uint64_t rows_read = 0;
  const auto progress = [&](std::uint64_t rows_done, std::uint64_t) -> Status {
    rows_read = rows_done;
    written.set(rows_read);
    return {};
  };
  PAI_TRY(table.read(distribute, progress));
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    PAI_TRY(write_bucket(buckets[i], i * bucket_places, writer));
    written.set(rows_read + writer.rows());
  }
  return {};
}

}  // namespace pai::client::align
