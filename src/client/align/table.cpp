#include "client/align/table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

/// A block stays in a core's cache until its rows were tagged and stored.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;
constexpr std::size_t kPadding = 64;

/// Tells two readings of a file apart, block by block. Not a cryptographic hash: the file is this party's
/// own. Four sums side by side, for one would wait for its multiplications.
std::uint64_t mix(std::uint64_t state, const char* bytes, std::size_t size) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;
  std::array<std::uint64_t, 4> lanes{state, state + 1, state + 2, state + 3};
  for (std::size_t at = 0; at < size; at += 32) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), bytes + at, std::min<std::size_t>(32, size - at));
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = std::rotl((lanes[i] ^ words[i]) * kFactor, 29);
  }
  for (const auto lane : lanes) state = std::rotl((state ^ lane) * kFactor, 31);
  return state ^ size;
}

}  // namespace

Result<Table> Table::open(const io::Root& raw, const std::string& path, const csv::ColumnRequest& request) {
  PAI_ASSIGN(auto fd, raw.open_file(path));
  PAI_ASSIGN(const auto identity, csv::identify(fd.get(), path));
  PAI_ASSIGN(auto layout, csv::read_layout(fd.get(), path, request));
  return Table(std::move(fd), path, std::move(layout), identity);
}

Error Table::changed() const {
  return Error(ErrorCode::kInvalid, "'" + printable(name_, 300) + "' changed while it was read")
      .with_hint("start the task again when nothing writes to the file")
      .with_detail({ErrorDetail::Kind::kFile, name_, "changed while it was read"});
}

Status Table::read(const Sink& sink, const Progress& progress, Sum sum) {
  std::uint64_t number = 0;
  csv::Scanner* scanner_of_sink = nullptr;
  csv::Scanner scanner({.file = name_,
                        .fields = static_cast<std::uint32_t>(layout_.fields()),
                        .id_column = layout_.id_columns.front(),
                        .first_line = layout_.header.rows_line},
                       [&](std::span<const csv::Row> rows) -> Status {
                         if (number + rows.size() > std::numeric_limits<std::uint32_t>::max()) {
                           return Error(ErrorCode::kTooLarge,
                                        "'" + printable(name_, 300) + "' has more than 4,294,967,295 rows");
                         }
                         const std::uint64_t first = number;
                         number += rows.size();
                         return sink(*scanner_of_sink, rows, first);
                       });
  scanner_of_sink = &scanner;
  std::optional<std::uint64_t> checksum;
  if (sum == Sum::kYes) checksum = 0;
  PAI_TRY(read_blocks(scanner, progress, checksum));
  PAI_ASSIGN(const auto now, csv::identify(fd_.get(), name_));
  if (now != identity_ || (checksum && checksum_ && *checksum != *checksum_)) return changed();
  if (number == 0) return csv::fault_error(name_, {csv::FaultKind::kNoRows, layout_.header.rows_line, 0, 0});
  if (checksum) checksum_ = checksum;
  return {};
}

Status Table::read_blocks(csv::Scanner& scanner, const Progress& progress,
                          std::optional<std::uint64_t>& checksum) const {
  const std::uint64_t begin = layout_.header.rows_offset;
  const std::uint64_t total = identity_.bytes - begin;
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
    PAI_ASSIGN(const std::size_t count,
               csv::read_at(fd_.get(), name_, buffer.get() + have, wanted, begin + done));
    if (count < wanted) return changed();
    if (checksum) checksum = mix(*checksum, buffer.get() + have, count);
    done += count;
    have += count;
    const std::size_t whole = (have - fed) / 64 * 64;
    PAI_TRY(scanner.feed(buffer.get() + fed, whole));
    fed += whole;
    if (progress) PAI_TRY(progress(scanner.rows(), done));
  }
  PAI_TRY(scanner.finish(buffer.get() + fed, have - fed));
  return progress ? progress(scanner.rows(), done) : Status();
}

}  // namespace pai::client::align
