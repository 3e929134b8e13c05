#include "client/align/duplicates.h"

#include <array>

#include "common/base/text.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {
namespace {

/// Line numbers of two rows of a table that is not held, by reading it again.
Result<std::array<std::uint64_t, 2>> find_lines(Table& table, std::uint32_t first, std::uint32_t second) {
  std::array<std::uint64_t, 2> lines{};
  const auto look = [&](const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t number) -> Status {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (number + i == first) lines[0] = scanner.line_of(rows[i]);
      if (number + i == second) lines[1] = scanner.line_of(rows[i]);
    }
    return {};
  };
  PAI_TRY(table.read(look, [](std::uint64_t, std::uint64_t) { return Status(); }));
  return lines;
}

}  // namespace

Result<std::span<const TagRow>> DuplicatePolicy::apply(std::span<const TagRow> rows) {
  std::size_t at = 1;
  while (at < rows.size() && !rows[at].same_tag(rows[at - 1])) ++at;
  if (at >= rows.size()) return rows;  // the usual case: nothing is copied
  kept_.assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at));
  for (; at < rows.size(); ++at) {
    const TagRow& row = rows[at];
    if (!row.same_tag(kept_.back())) {
      kept_.push_back(row);
      continue;
    }
    if (!same_id(kept_.back().row, row.row)) {
      return Error(ErrorCode::kInternal, "two different IDs have the same tag by chance")
          .with_hint("start the task again: it will use another key");
    }
    if (!keep_first_) return duplicate(kept_.back().row, row.row);
  }
  return std::span<const TagRow>(kept_);
}

Error DuplicatePolicy::duplicate(std::uint32_t first, std::uint32_t second) {
  std::array<std::uint64_t, 2> lines{};
  if (table_.held()) {
    lines = {table_.line_of(first), table_.line_of(second)};
  } else {
    auto found = find_lines(table_, first, second);
    if (!found.ok()) return std::move(found).error();
    lines = *found;
  }
  const std::string name = printable(table_.name(), 300);
  const std::string what = "the same ID as in line " + std::to_string(lines[0]);
  return Error(ErrorCode::kInvalid, "'" + name + "' line " + std::to_string(lines[1]) + ": " + what)
      .with_hint("remove the duplicate, or set duplicates to \"first\" to keep the first row of each ID")
      .with_detail({ErrorDetail::Kind::kFile, name + ":" + std::to_string(lines[1]), what});
}

/// Compares the IDs themselves where they are at hand. For a table that is not held, equal tags stand for equal IDs: a chance of n²/2^97.
bool DuplicatePolicy::same_id(std::uint32_t a, std::uint32_t b) const {
  if (!table_.held()) return true;
  csv::RowFields fields;
  std::array<csv::Row, 2> rows;
  const std::array<std::uint32_t, 2> references{a, b};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string_view text = table_.row(references[i]).text;
    fields.split(text);
    const std::string_view id = fields[table_.layout().id_columns.front()];
    rows[i] = {text.data(), static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(id.data() - text.data()),
               static_cast<std::uint32_t>(id.size())};
  }
  csv::IdReader reader(table_.layout());
  std::size_t empty_at = 0;
  const auto ids = reader.read(rows, empty_at);
  return ids.size() == 2 && ids[0] == ids[1];
}

}  // namespace pai::client::align
