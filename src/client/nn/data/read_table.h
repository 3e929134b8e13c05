#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/nn/core/numeric_table.h"
#include "client/nn/data/data_set.h"
#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// Told after each block; an error ends the reading.
using ReadProgress = std::function<Status(std::uint64_t rows, std::uint64_t bytes)>;

enum class Part { kTrain, kTest };
/// Empty cells: a fault, or NaN.
enum class EmptyCells { kRefused, kMissing };

/// Reads the columns (positions among the data set's, as select_columns gives them) of train.csv or test.csv
/// as numbers. Errors, kInvalid with file, line and the column's name but never a value: text, empty cells,
/// NaN, infinities, numbers too large for a double, a ragged row; another number of rows than dataset.json
/// says; a file that changed while it was read. kIo; progress's own. The table's `file` is the path relative
/// to the root.
Result<NumericTable> read_part(const io::Root& datasets, const DataSet& set, Part part,
                               const std::vector<std::uint32_t>& columns, const ReadProgress& progress = {},
                               EmptyCells empty = EmptyCells::kRefused);

/// IDs of the rows of an aligned file, as bytes with the quotes taken off.
class RowIds {
 public:
  const std::vector<std::string>& names() const { return names_; }  ///< of the ID columns
  std::size_t rows() const { return names_.empty() ? 0 : ends_.size() / names_.size(); }
  /// The value of one ID column in a row.
  std::string_view at(std::size_t row, std::size_t id_column = 0) const {
    const std::size_t i = row * names_.size() + id_column;
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(pool_).substr(begin, ends_[i] - begin);
  }
  void append(std::string_view id);  ///< the next one, row by row
  explicit RowIds(std::vector<std::string> names = {}) : names_(std::move(names)) {}

 private:
  std::vector<std::string> names_;
  std::string pool_;
  std::vector<std::size_t> ends_;
};

struct AlignedRows {
  RowIds ids;
  NumericTable values;  ///< no columns when none are asked for
};

/// Reads all rows of `<stem>_aligned.csv`: IDs, and the columns as numbers (none for a label client that only
/// receives predictions). Errors as above, and when the header is not that of the data set.
Result<AlignedRows> read_aligned(const io::Root& datasets, const DataSet& set,
                                 const std::vector<std::uint32_t>& columns,
                                 const ReadProgress& progress = {}, EmptyCells empty = EmptyCells::kRefused);

}  // namespace pai::client::nn
