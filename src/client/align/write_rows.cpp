#include "client/align/write_rows.h"

#include "client/align/row_lines.h"

namespace pai::client::align {

Status write_held_rows(const TaggedTable& tagged, const csv::Layout& layout, const TagExchange& exchange,
                       Counter& answered, RowsWriter& writer, Counter& written) {
  LineReader reader(layout);
  std::uint32_t partition = 0;
  std::uint64_t known_rows = 0;
  for (;;) {
    const auto [partitions, finished] = answered.wait(partition);
    for (auto i = partition; i < partitions; ++i) known_rows += exchange.common(i).size();
    PAI_TRY(writer.at_least(known_rows));
    for (; partition < partitions; ++partition) {
      const auto rows = exchange.common(partition);
      if (!rows.empty()) tagged.prefetch(partition);
      for (const auto row : rows) {
        const RowLines lines = reader.at(tagged.line(partition, row));
        PAI_TRY(writer.add_padded(lines.aligned, lines.values));
      }
    }
    written.set(known_rows);
    if (finished) return {};
  }
}

}  // namespace pai::client::align
