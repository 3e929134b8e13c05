#include "client/align/table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

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
  PAI_TRY(csv::scan_file({fd_.get(), name_, layout_.header.rows_offset, identity_.bytes}, scanner,
                         [&](std::string_view block, std::uint64_t done) -> Status {
                           if (checksum && !block.empty()) checksum = mix(*checksum, block.data(), block.size());
                           return progress ? progress(scanner.rows(), done) : Status();
                         }));
  PAI_ASSIGN(const auto now, csv::identify(fd_.get(), name_));
  if (now != identity_ || (checksum && checksum_ && *checksum != *checksum_)) return csv::changed_error(name_);
  if (number == 0) return csv::fault_error(name_, {csv::FaultKind::kNoRows, layout_.header.rows_line, 0, 0});
  if (checksum) checksum_ = checksum;
  return {};
}

}  // namespace pai::client::align
