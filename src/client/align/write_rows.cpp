#include "client/align/write_rows.h"

namespace pai::client::align {

RowCutter::Lines RowCutter::cut(std::string_view row) {
  fields_.split(row);
  line_.clear();
  for (const auto column : layout_.id_columns) {
    if (!line_.empty()) line_ += ',';
    line_.append(fields_[column]);
  }
  std::size_t values_begin = line_.size();
  if (!layout_.value_columns.empty()) ++values_begin;
  for (const auto column : layout_.value_columns) {
    line_ += ',';
    line_.append(fields_[column]);
  }
  return {line_, std::string_view(line_).substr(values_begin)};
}

Status write_held_rows(const Table& table, const std::uint32_t* rows, Counter& common, RowsWriter& writer, Counter& written) {
  // Aligned order visits the text at random: a row's cache lines are asked for this many rows ahead.
  constexpr std::uint64_t kAhead = 24;
  const bool as_it_stands = table.layout().keeps_file_order();
  RowCutter cutter(table.layout());
  std::uint64_t done = 0;
  for (;;) {
    const auto [known, finished] = common.wait(done);
    PAI_TRY(writer.at_least(known));
    for (; done < known; ++done) {
      if (done + kAhead < known) {
        const char* const ahead = table.address(rows[done + kAhead]);
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + 63);
      }
      const HeldRow row = table.row(rows[done]);
      if (as_it_stands) {
        PAI_TRY(writer.add_padded(row.text, row.text.substr(std::min(row.first_end + 1, row.text.size()))));
      } else {
        const auto lines = cutter.cut(row.text);
        PAI_TRY(writer.add(lines.aligned, lines.values));
      }
    }
    written.set(done);
    if (finished) return {};
  }
}

}  // namespace pai::client::align
