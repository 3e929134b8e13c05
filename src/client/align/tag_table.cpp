#include "client/align/tag_table.h"

#include <array>

#include "common/base/check.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kBatchRows = 256;

/// Where the IDs stand in a line that RowCutter made: in front.
csv::Layout line_layout(const csv::Layout& layout) {
  csv::Layout line;
  for (std::uint32_t i = 0; i < layout.id_columns.size(); ++i) line.id_columns.push_back(i);
  return line;
}

csv::Row row_of_line(std::string_view line, std::size_t first_end) {
  return {line.data(), static_cast<std::uint32_t>(line.size()), 0, static_cast<std::uint32_t>(first_end)};
}

/// Reports the phase "read".
class ReadProgress {
 public:
  ReadProgress(Reporter& reporter, std::uint64_t bytes) : reporter_(reporter), bytes_(bytes) {
    reporter.phase("read", 0, "rows");
  }

  Status operator()(std::uint64_t rows, std::uint64_t bytes_done) {
    // Rows are of similar length: the part of the file that was read tells how many there will be.
    if (bytes_done > 0) {
      const double estimate =
          static_cast<double>(rows) * static_cast<double>(bytes_) / static_cast<double>(bytes_done);
      reporter_.set_total(bytes_done >= bytes_ ? rows : static_cast<std::uint64_t>(estimate));
    }
    reporter_.advance(rows - rows_);
    rows_ = rows;
    return {};
  }

 private:
  Reporter& reporter_;
  std::uint64_t bytes_;
  std::uint64_t rows_ = 0;
};

}  // namespace

TaggedTable::TaggedTable(const csv::Layout& layout, crypto::CmacTagger tagger, bool held, std::uint64_t bytes)
    : held_(held),
      tagger_(std::move(tagger)),
      row_ids_(layout),
      line_ids_(line_layout(layout)),
      cutter_(layout),
      reader_(layout),
      lines_(held ? bytes : 0) {}

Result<TaggedTable> TaggedTable::read(Table& table, crypto::CmacTagger tagger, bool hold, Reporter& reporter,
                                      const GoOn& go_on) {
  const std::uint64_t bytes = table.bytes() - table.layout().header.rows_offset;
  TaggedTable tagged(table.layout(), std::move(tagger), hold, bytes);
  ReadProgress progress(reporter, bytes);
  PAI_TRY(table.read([&](const csv::Scanner& scanner, std::span<const csv::Row> rows,
                         std::uint64_t number) { return tagged.add(scanner, rows, number); },
                     [&](std::uint64_t rows, std::uint64_t done) -> Status {
                       PAI_TRY(go_on());
                       return progress(rows, done);
                     },
                     hold ? Table::Sum::kNo : Table::Sum::kYes));
  return tagged;
}

Status TaggedTable::add(const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t number) {
  std::size_t empty_at = 0;
  const auto ids = row_ids_.read(rows, empty_at);
  if (empty_at < rows.size()) return scanner.error_at(rows[empty_at], csv::FaultKind::kEmptyId);
  macs_.resize(ids.size());
  tagger_->tag(ids, macs_.data());
  rows_ += rows.size();
  if (held_) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string_view line = cutter_.line(rows[i].text());
      const bool whole = cutter_.as_it_stands();
      const std::size_t first_end = whole ? rows[i].id_size : csv::first_field_end(line);
      PAI_TRY(lines_.add(tag_row(macs_[i].data(), 0).partition(), line, first_end,
                         whole ? line.size() + 64 : line.size()));
    }
    return {};
  }
  tags_.resize(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    tags_[i] = tag_row(macs_[i].data(), static_cast<std::uint32_t>(number + i));
  return kept_.add(tags_);
}

std::span<const TagRow> TaggedTable::sorted(std::uint32_t partition) {
  PAI_CHECK(tagger_.has_value(), "tags are asked for after their key was wiped");
  if (held_)
    tag_lines(partition);
  else
    kept_.copy(partition, tags_);
  return sorter_.sort(tags_);
}

/// Tags the lines of a partition again.
void TaggedTable::tag_lines(std::uint32_t partition) {
  tags_.clear();
  tags_.reserve(lines_.lines(partition));
  lines_.prefetch(partition);
  std::array<std::uint32_t, kBatchRows> references;
  std::array<csv::Row, kBatchRows> rows;
  std::size_t count = 0;
  const auto flush = [&] {
    tag_batch({references.data(), count}, {rows.data(), count});
    count = 0;
  };
  lines_.for_each(partition, [&](std::uint32_t reference, const StoredLine& stored) {
    const RowLines found = reader_.at(stored);
    references[count] = reference;
    rows[count] = row_of_line(found.aligned, found.first_end);
    if (++count == kBatchRows) flush();
    return found.aligned.size();
  });
  flush();
}

void TaggedTable::tag_batch(std::span<const std::uint32_t> references, std::span<const csv::Row> rows) {
  std::size_t empty_at = 0;
  const auto ids = line_ids_.read(rows, empty_at);
  PAI_CHECK(ids.size() == rows.size(), "an ID that was read before can be read again");
  macs_.resize(ids.size());
  tagger_->tag(ids, macs_.data());
  for (std::size_t i = 0; i < ids.size(); ++i) tags_.push_back(tag_row(macs_[i].data(), references[i]));
}

std::string id_of_line(const csv::Layout& layout, std::string_view line) {
  csv::IdReader reader(line_layout(layout));
  const csv::Row row = row_of_line(line, csv::first_field_end(line));
  std::size_t empty_at = 0;
  const auto ids = reader.read({&row, 1}, empty_at);
  PAI_CHECK(!ids.empty(), "an ID that was read before can be read again");
  return std::string(ids[0]);
}

}  // namespace pai::client::align
