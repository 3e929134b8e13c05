#pragma once

#include <span>

#include "client/align/counter.h"
#include "client/align/rows_writer.h"
#include "client/align/tag_exchange.h"

namespace pai::client::align {

/// Writes common rows of a held table, a partition at a time as they become known, up to the end of
/// `answered`. `written` counts the rows.
Status write_held_rows(const TaggedTable& tagged, const csv::Layout& layout, const TagExchange& exchange,
                       Counter& answered, RowsWriter& writer, Counter& written);

/// Writes the common rows of a table that is not held: the file is read a second time, its common rows go to
/// buckets by their place in aligned order (unnamed files in `scratch_folder`), and each bucket is put in
/// order in memory. Needs 4 bytes a row of the table and about 64 MiB. Errors: those of Table::read, and kIo.
Status write_passing_rows(Table& table, std::span<const std::uint32_t> rows, int scratch_folder,
                          RowsWriter& writer, Counter& written);

}  // namespace pai::client::align
