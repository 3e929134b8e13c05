#include "client/align/tag_table.h"

#include <array>

#include "client/align/row_lines.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {

Status ReadProgress::operator()(std::uint64_t rows, std::uint64_t bytes_done) {
  // Rows are of similar length: the part of the file that was read tells how many there will be.
  if (bytes_done > 0) {
    const double estimate = static_cast<double>(rows) * static_cast<double>(bytes_) / static_cast<double>(bytes_done);
    reporter_.set_total(bytes_done >= bytes_ ? rows : static_cast<std::uint64_t>(estimate));
  }
  reporter_.advance(rows - rows_);
  rows_ = rows;
  return {};
}

Result<TaggedTable> tag_table(Table& table, const crypto::CmacTagger& tagger, bool hold, Reporter& reporter) {
  const std::uint64_t bytes = table.bytes() - table.layout().header.rows_offset;
  TaggedTable tagged;
  tagged.held = hold;
  tagged.lines = LineStore(hold ? bytes : 0);
  csv::IdReader reader(table.layout());
  RowCutter cutter(table.layout());
  std::vector<crypto::Mac16> macs;
  std::vector<TagRow> tags;
  const auto tag_rows = [&](const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t number) -> Status {
    std::size_t empty_at = 0;
    const auto ids = reader.read(rows, empty_at);
    if (empty_at < rows.size()) return scanner.error_at(rows[empty_at], csv::FaultKind::kEmptyId);
    macs.resize(ids.size());
    tags.resize(ids.size());
    tagger.tag(ids, macs.data());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      tags[i] = tag_row(macs[i].data(), static_cast<std::uint32_t>(number + i));
      if (!hold) continue;
      const std::string_view line = cutter.line(rows[i].text());
      const std::size_t readable = cutter.as_it_stands() ? line.size() + 64 : line.size();
      PAI_ASSIGN(tags[i].row, tagged.lines.add(tags[i].partition(), line, readable));
    }
    return tagged.tags.add(tags);
  };
  ReadProgress progress(reporter, bytes);
  PAI_TRY(table.read(tag_rows, [&](std::uint64_t rows, std::uint64_t done) { return progress(rows, done); }));
  return tagged;
}

}  // namespace pai::client::align
