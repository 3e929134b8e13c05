#include "client/align/tag_table.h"

#include <array>

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

Status tag_table(Table& table, const crypto::CmacTagger& tagger, PartitionStore& store, Reporter& reporter) {
  csv::IdReader reader(table.layout());
  std::vector<crypto::Mac16> macs;
  std::vector<TagRow> tags;
  const auto tag_rows = [&](const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t number) -> Status {
    std::size_t empty_at = 0;
    const auto ids = reader.read(rows, empty_at);
    if (empty_at < rows.size()) return scanner.error_at(rows[empty_at], csv::FaultKind::kEmptyId);
    macs.resize(ids.size());
    tags.resize(ids.size());
    tagger.tag(ids, macs.data());
    for (std::size_t i = 0; i < ids.size(); ++i) tags[i] = tag_row(macs[i].data(), table.reference(rows[i], number + i));
    return store.add(tags);
  };
  ReadProgress progress(reporter, table.bytes() - table.layout().header.rows_offset);
  return table.read(tag_rows, [&](std::uint64_t rows, std::uint64_t bytes) { return progress(rows, bytes); });
}

}  // namespace pai::client::align
