#include "client/align/table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>

#include "common/base/text.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;
constexpr std::size_t kPadding = 128;
constexpr std::uint64_t kHeldLimit = (std::uint64_t{1} << 32) - kReadBytes;  ///< references are offsets of 32 bits

/// Tells two readings of a file apart. Not a cryptographic hash: the file is this party's own.
std::uint64_t mix(std::uint64_t state, const char* bytes, std::size_t size) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;
  for (std::size_t at = 0; at < size; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, std::min<std::size_t>(8, size - at));
    state = std::rotl((state ^ word) * kFactor, 29);
  }
  return state ^ size;
}

}  // namespace

Result<Table> Table::open(const io::Root& raw, const std::string& path, const csv::ColumnRequest& request,
                          std::uint64_t held_bytes_max) {
  PAI_ASSIGN(auto fd, raw.open_file(path));
  PAI_ASSIGN(const auto identity, csv::identify(fd.get(), path));
  PAI_ASSIGN(auto layout, csv::read_layout(fd.get(), path, request));
  Table table(std::move(fd), path, std::move(layout), identity);
  table.held_ = identity.bytes <= std::min(held_bytes_max, kHeldLimit);
  table.classify_ = csv::classifiers().front().classify;
  return table;
}

Error Table::changed() const {
  return Error(ErrorCode::kInvalid, "'" + printable(name_, 300) + "' changed while it was read")
      .with_hint("start the task again when nothing writes to the file")
      .with_detail({ErrorDetail::Kind::kFile, name_, "changed while it was read"});
}

Status Table::read(const Sink& sink, const Progress& progress) {
  std::uint64_t number = 0;
  csv::Scanner* scanner_of_sink = nullptr;
  csv::Scanner scanner({.file = name_,
                        .fields = static_cast<std::uint32_t>(layout_.fields()),
                        .id_column = layout_.id_columns.front(),
                        .first_line = layout_.header.rows_line},
                       [&](std::span<const csv::Row> rows) -> Status {
                         if (number + rows.size() > std::numeric_limits<std::uint32_t>::max()) {
                           return Error(ErrorCode::kTooLarge, "'" + printable(name_, 300) + "' has more than 4,294,967,295 rows");
                         }
                         const std::uint64_t first = number;
                         number += rows.size();
                         return sink(*scanner_of_sink, rows, first);
                       });
  scanner_of_sink = &scanner;
  std::uint64_t checksum = 0;
  PAI_TRY(read_blocks(scanner, progress, checksum));
  PAI_ASSIGN(const auto now, csv::identify(fd_.get(), name_));
  if (now != identity_ || (read_before_ && checksum != checksum_)) return changed();
  if (number == 0) return csv::fault_error(name_, {csv::FaultKind::kNoRows, layout_.header.rows_line, 0, 0});
  checksum_ = checksum;
  read_before_ = true;
  return {};
}

Status Table::read_blocks(csv::Scanner& scanner, const Progress& progress, std::uint64_t& checksum) {
  const std::uint64_t begin = layout_.header.rows_offset;
  const std::uint64_t total = identity_.bytes - begin;
  std::size_t room = held_ ? total : 2 * kReadBytes;
  std::unique_ptr<char[]> passing;
  if (held_) {
    PAI_ASSIGN(text_, LargeMemory::reserve(total + kPadding));
  } else {
    passing = std::make_unique_for_overwrite<char[]>(room);
  }
  char* const held_text = text_.data();
  std::uint64_t done = 0;
  std::size_t have = 0, fed = 0;  // bytes in memory; how many of them were scanned
  while (done < total) {
    if (!held_) {
      // Make room behind the row that has not ended: it moves to the front, or to a larger buffer.
      const char* const row = scanner.unfinished();
      const std::size_t keep_from = row != nullptr ? std::min(static_cast<std::size_t>(row - passing.get()), fed) : fed;
      const std::size_t kept = have - keep_from;
      if (kept + kReadBytes > room) {
        room = (kept + kReadBytes) * 2;
        auto larger = std::make_unique_for_overwrite<char[]>(room);
        std::memcpy(larger.get(), passing.get() + keep_from, kept);
        passing = std::move(larger);
      } else {
        std::memmove(passing.get(), passing.get() + keep_from, kept);
      }
      scanner.relocate(passing.get());
      have = kept;
      fed -= keep_from;
    }
    char* const buffer = held_ ? held_text : passing.get();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, total - done));
    if (held_) text_.populate(have, wanted);
    PAI_ASSIGN(const std::size_t count, csv::read_at(fd_.get(), name_, buffer + have, wanted, begin + done));
    if (count < wanted) return changed();
    if (!held_) checksum = mix(checksum, buffer + have, count);
    done += count;
    have += count;
    const std::size_t whole = (have - fed) / 64 * 64;
    PAI_TRY(scanner.feed(buffer + fed, whole));
    fed += whole;
    PAI_TRY(progress(scanner.rows(), done));
  }
  char* const buffer = held_ ? held_text : passing.get();
  PAI_TRY(scanner.finish(buffer + fed, have - fed));
  if (held_) {
    text_size_ = have;
    held_text[have] = '\n';  // the last row ends like the others
  }
  return progress(scanner.rows(), done);
}

HeldRow Table::row(std::uint32_t reference) const {
  const char* const begin = text_.data() + reference;
  csv::BlockMasks masks;
  (void)classify_(begin, 1, &masks);
  const auto end = static_cast<std::size_t>(std::countr_zero(masks.newline));
  const std::uint64_t before = masks.newline ^ (masks.newline - 1);
  if (masks.newline == 0 || (masks.quote & before) != 0) return long_row(begin);
  const auto comma = static_cast<std::size_t>(std::countr_zero(masks.comma | std::uint64_t{1} << end));
  const std::size_t size = end > 0 && begin[end - 1] == '\r' ? end - 1 : end;
  return {{begin, size}, std::min(comma, size)};
}

HeldRow Table::long_row(const char* begin) const {
  bool quoted = false;
  const char* at = begin;
  for (;; at += 64) {
    csv::BlockMasks masks;
    // The text is padded, and ends with a line feed: no row reaches into the padding.
    (void)classify_(at, 1, &masks);
    std::uint64_t bits = masks.newline | masks.quote;
    for (; bits != 0; bits &= bits - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(bits));
      if ((masks.quote >> place & 1) != 0) {
        quoted = !quoted;
      } else if (!quoted) {
        std::size_t size = static_cast<std::size_t>(at - begin) + place;
        if (size > 0 && begin[size - 1] == '\r') --size;
        const std::string_view text(begin, size);
        return {text, csv::first_field_end(text)};
      }
    }
  }
}

std::uint64_t Table::line_of(std::uint32_t reference) const {
  return layout_.header.rows_line +
         static_cast<std::uint64_t>(std::count(text_.data(), text_.data() + reference, '\n'));
}

}  // namespace pai::client::align
