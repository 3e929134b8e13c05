#include "client/align/duplicates.h"

#include "client/align/row_lines.h"
#include "common/base/text.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {
namespace {

using Wanted = std::function<bool(std::uint64_t number, std::string_view id)>;

/// Line numbers of the first two rows that are wanted, by reading the table again: an error may take its
/// time.
Result<std::vector<std::uint64_t>> find_lines(Table& table, const Wanted& wanted) {
  std::vector<std::uint64_t> lines;
  csv::IdReader reader(table.layout());
  const auto look = [&](const csv::Scanner& scanner, std::span<const csv::Row> rows,
                        std::uint64_t number) -> Status {
    std::size_t empty_at = 0;
    const auto ids = reader.read(rows, empty_at);
    for (std::size_t i = 0; i < ids.size() && lines.size() < 2; ++i) {
      if (wanted(number + i, ids[i])) lines.push_back(scanner.line_of(rows[i]));
    }
    return {};
  };
  PAI_TRY(table.read(look));
  if (lines.size() < 2) return Error(ErrorCode::kInternal, "two rows with the same ID were not found again");
  return lines;
}

}  // namespace

Result<std::span<const TagRow>> DuplicatePolicy::apply(std::uint32_t partition,
                                                       std::span<const TagRow> rows) {
  std::size_t at = 1;
  while (at < rows.size() && !rows[at].same_tag(rows[at - 1])) ++at;
  if (at >= rows.size()) return rows;  // the usual case: nothing is copied
  kept_.assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at));
  for (; at < rows.size(); ++at) {
    const TagRow& row = rows[at];
    const TagRow& before = kept_.back();
    if (!row.same_tag(before)) {
      kept_.push_back(row);
      continue;
    }
    // The IDs themselves are compared where they are at hand. For a table that is not held, equal tags stand
    // for equal IDs: a chance of n²/2^97 to be wrong.
    const std::string id = tagged_.held() ? id_of(partition, row.row) : std::string();
    if (tagged_.held() && id != id_of(partition, before.row)) {
      return Error(ErrorCode::kInternal, "two different IDs have the same tag by chance")
          .with_hint("start the task again: it will use another key");
    }
    if (!keep_first_) return duplicate(id, before.row, row.row);
  }
  return std::span<const TagRow>(kept_);
}

Error DuplicatePolicy::duplicate(const std::string& id, std::uint32_t first_number,
                                 std::uint32_t second_number) {
  const auto lines =
      tagged_.held() ? find_lines(table_, [&](std::uint64_t, std::string_view other) { return other == id; })
                     : find_lines(table_, [&](std::uint64_t number, std::string_view) {
                         return number == first_number || number == second_number;
                       });
  if (!lines.ok()) return lines.error();
  const std::string name = printable(table_.name(), 300);
  const std::string what = "the same ID as in line " + std::to_string((*lines)[0]);
  return Error(ErrorCode::kInvalid, "'" + name + "' line " + std::to_string((*lines)[1]) + ": " + what)
      .with_hint("remove the duplicate, or set duplicates to \"first\" to keep the first row of each ID")
      .with_detail({ErrorDetail::Kind::kFile, name + ":" + std::to_string((*lines)[1]), what});
}

std::string DuplicatePolicy::id_of(std::uint32_t partition, std::uint32_t row) const {
  return id_of_line(table_.layout(), LineReader(table_.layout()).at(tagged_.line(partition, row)).aligned);
}

}  // namespace pai::client::align
