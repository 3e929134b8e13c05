#include "client/nn/data/read_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "client/nn/core/parse_number.h"
#include "common/base/text.h"
#include "common/csv/file_source.h"
#include "common/csv/row_fields.h"
#include "common/csv/scanner.h"

namespace pai::client::nn {
namespace {

constexpr std::uint32_t kSkipped = std::numeric_limits<std::uint32_t>::max();

/// A cell that is no number: which of the file's fields, and what it is instead.
struct CellFault {
  std::uint32_t field;
  NumberFault fault;
};

/// Reads the wanted fields of rows that a Scanner has checked.
class RowParser {
 public:
  /// `fields` of the file for each column of the table, in the table's order; `all` fields a row.
  RowParser(const std::vector<std::uint32_t>& fields, std::size_t all, EmptyCells empty) : targets_(all, kSkipped), empty_(empty) {
    for (std::uint32_t i = 0; i < fields.size(); ++i) targets_[fields[i]] = i;
    // What follows the last wanted field is not looked at.
    while (!targets_.empty() && targets_.back() == kSkipped) targets_.pop_back();
  }

  /// kParsePadding bytes beyond the row can be read.
  std::optional<CellFault> parse(std::string_view row, double* out) {
    const char* at = row.data();
    const char* const end = at + row.size();
    for (std::uint32_t field = 0; field < targets_.size(); ++field, ++at) {
      // Only a field that begins with a quote can hold a comma.
      if (at != end && *at == '"') return parse_quoted(row, out);
      if (targets_[field] == kSkipped) {
        at = field_end(at, end);
        continue;
      }
      double& value = out[targets_[field]];
      const char* stop = parse_plain(at, end, value);
      if (stop == nullptr) stop = parse_long(at, end, value);
      if (stop == nullptr || (stop != end && *stop != ',')) {
        stop = field_end(at, end);
        const NumberFault fault = parse_number({at, static_cast<std::size_t>(stop - at)}, value);
        if (!passes(fault, value)) return CellFault{field, fault};
      }
      at = stop;
    }
    return std::nullopt;
  }

 private:
  static const char* field_end(const char* at, const char* end) {
    const void* const comma = std::memchr(at, ',', static_cast<std::size_t>(end - at));
    return comma != nullptr ? static_cast<const char*>(comma) : end;
  }

  std::optional<CellFault> parse_quoted(std::string_view row, double* out) {
    fields_.split(row);
    for (std::uint32_t field = 0; field < targets_.size(); ++field) {
      if (targets_[field] == kSkipped) continue;
      const NumberFault fault = parse_number(fields_[field], out[targets_[field]]);
      if (!passes(fault, out[targets_[field]])) return CellFault{field, fault};
    }
    return std::nullopt;
  }

  bool passes(NumberFault fault, double& value) const {
    if (fault == NumberFault::kEmpty && empty_ == EmptyCells::kMissing) {
      value = std::numeric_limits<double>::quiet_NaN();
      return true;
    }
    return fault == NumberFault::kNone;
  }

  std::vector<std::uint32_t> targets_;  ///< by field of the file: the column of the table
  EmptyCells empty_;
  csv::RowFields fields_;
};

/// A fault of each small page would cost as much as reading the numbers that go into it.
void prefer_large_pages(void* memory, std::size_t bytes) {
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto first = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / kPage * kPage;
  if (first < end)
    (void)::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // only speed hangs on it
}

/// One file on its way into a table.
class TableReader {
 public:
  TableReader(NumericTable& table, std::vector<std::string> field_names,
              const std::vector<std::uint32_t>& fields, std::uint64_t rows, std::uint64_t first_line,
              EmptyCells empty)
      : table_(table),
        field_names_(std::move(field_names)),
        parser_(fields, field_names_.size(), empty),
        empty_(empty),
        rows_(rows),
        next_line_(first_line) {
    for (const std::uint32_t field : fields) table_.columns.push_back(field_names_[field]);
    if (first_line != 1) table_.line_breaks.emplace_back(0, first_line);
  }

  /// Room for all values. The file's size bounds what a wrong dataset.json could ask for: a cell has its
  /// separator.
  Status reserve(std::uint64_t bytes) {
    if (rows_ > bytes + 1 || rows_ * field_names_.size() > bytes + 1) return wrong_rows("fewer");
    table_.values.reserve(rows_ * table_.width());
    prefer_large_pages(table_.values.data(), table_.values.capacity() * sizeof(double));
    return {};
  }

  Status add(const csv::Scanner& scanner, std::span<const csv::Row> rows) {
    // Lines only grow: when the last row is where it belongs, so are those before it.
    const bool regular = scanner.line_of(rows.back()) == next_line_ + rows.size() - 1;
    // A batch at a time: its zeros are still in the cache when the numbers come.
    table_.values.resize(std::min<std::uint64_t>(table_.rows + rows.size(), rows_) * table_.width());
    for (const csv::Row& row : rows) {
      if (!regular && fills_blanks()) fill_to(scanner.line_of(row));
      if (!regular) PAI_TRY(note_line(scanner.line_of(row)));
      if (table_.rows == rows_) return wrong_rows("more");
      const auto fault = parser_.parse(row.text(), table_.values.data() + table_.rows * table_.width());
      if (fault) return cell_error(next_line_, *fault);
      ++table_.rows;
      ++next_line_;
    }
    return {};
  }

  Status finish() {
    if (fills_blanks()) fill_to(next_line_ + (rows_ - table_.rows));
    if (table_.rows == rows_) return {};
    return blank_is_empty() ? cell_error(next_line_, {0, NumberFault::kEmpty}) : wrong_rows("fewer");
  }

 private:
  /// In a file of one column an empty cell is a blank line, which the scanner passes over.
  bool blank_is_empty() const { return field_names_.size() == 1 && table_.width() == 1; }

  bool fills_blanks() const { return empty_ == EmptyCells::kMissing && blank_is_empty(); }
  /// The lines that were passed over, as rows.
  void fill_to(std::uint64_t line) {
    for (; next_line_ < line && table_.rows < rows_; ++next_line_) {
      table_.values.resize(std::max(table_.values.size(), table_.rows + 1));
      table_.values[table_.rows++] = std::numeric_limits<double>::quiet_NaN();
    }
    table_.values.resize(std::max(table_.values.size(), std::min<std::size_t>(table_.rows + 1, rows_)));
  }

  Status note_line(std::uint64_t line) {
    if (line == next_line_) return {};
    if (blank_is_empty()) return cell_error(next_line_, {0, NumberFault::kEmpty});
    table_.line_breaks.emplace_back(table_.rows, line);
    next_line_ = line;
    return {};
  }

  Error cell_error(std::uint64_t line, CellFault fault) const {
    return cell_fault(table_.file, line, field_names_[fault.field], fault_sentence(fault.fault))
        .with_hint(std::string(fault_hint(fault.fault)));
  }

  Error wrong_rows(std::string_view what) const {
    return Error(ErrorCode::kInvalid, "'" + printable(table_.file, 300) + "' has " + std::string(what) +
                                          " rows than its dataset.json says: " + with_thousands(rows_))
        .with_hint("it was changed after the alignment; run the alignment task again")
        .with_detail(
            {ErrorDetail::Kind::kFile, table_.file, "has another number of rows than dataset.json says"});
  }

  NumericTable& table_;
  std::vector<std::string> field_names_;
  RowParser parser_;
  EmptyCells empty_;
  std::uint64_t rows_;
  std::uint64_t next_line_;
};

/// What is done with each batch of rows beside taking their numbers.
using OnRows = std::function<void(std::span<const csv::Row>)>;

/// An open file of a data set, with the size that its dataset.json says.
struct OpenFile {
  io::Fd fd;
  csv::FileIdentity identity;
};

Result<OpenFile> open_file(const io::Root& datasets, const std::string& file, std::uint64_t bytes) {
  PAI_ASSIGN(auto fd, datasets.open_file(file));
  PAI_ASSIGN(const auto identity, csv::identify(fd.get(), file));
  if (identity.bytes != bytes) return csv::changed_error(file);
  return OpenFile{std::move(fd), identity};
}

Status read_rows(const OpenFile& file, std::uint64_t begin, std::uint64_t first_line, std::uint32_t fields,
                 TableReader& reader, const std::string& name, const OnRows& on_rows,
                 const ReadProgress& progress) {
  PAI_TRY(reader.reserve(file.identity.bytes - begin));
  const csv::Scanner* scanning = nullptr;
  csv::Scanner scanner(
      {.file = name, .fields = fields, .id_column = 0, .first_line = first_line, .classify = nullptr},
      [&](std::span<const csv::Row> rows) -> Status {
        PAI_TRY(reader.add(*scanning, rows));
        if (on_rows) on_rows(rows);
        return {};
      });
  scanning = &scanner;
  PAI_TRY(csv::scan_file({file.fd.get(), name, begin, file.identity.bytes}, scanner,
                         [&](std::string_view, std::uint64_t done) -> Status {
                           return progress ? progress(scanner.rows(), done) : Status();
                         }));
  PAI_ASSIGN(const auto now, csv::identify(file.fd.get(), name));
  if (now != file.identity) return csv::changed_error(name);
  return reader.finish();
}

/// The field as it is meant: without quotes around it, and those inside single.
std::string_view unquoted(std::string_view field, std::string& buffer) {
  if (field.empty() || field.front() != '"') return field;
  buffer.clear();
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    buffer += field[i];
    if (field[i] == '"') ++i;
  }
  return buffer;
}

}  // namespace

void RowIds::append(std::string_view id) {
  pool_ += id;
  ends_.push_back(pool_.size());
}

Result<NumericTable> read_part(const io::Root& datasets, const DataSet& set, Part part,
                               const std::vector<std::uint32_t>& columns, const ReadProgress& progress, EmptyCells empty) {
  NumericTable table;
  const bool train = part == Part::kTrain;
  table.file = train ? set.train_file() : set.test_file();
  if (columns.empty()) {
    return Error(ErrorCode::kInvalid, "'" + printable(table.file, 300) + "' has no columns to train with")
        .with_hint("align again with `columns` that hold values");
  }
  PAI_ASSIGN(const auto file,
             open_file(datasets, table.file, set.bytes_of(train ? "train.csv" : "test.csv")));
  TableReader reader(table, set.columns(), columns, train ? set.train_rows() : set.test_rows(), 1, empty);
  PAI_TRY(read_rows(file, 0, 1, static_cast<std::uint32_t>(set.columns().size()), reader, table.file, {},
                    progress));
  return table;
}

Result<AlignedRows> read_aligned(const io::Root& datasets, const DataSet& set,
                                 const std::vector<std::uint32_t>& columns, const ReadProgress& progress, EmptyCells empty) {
  AlignedRows aligned{RowIds(set.id_columns()), {}};
  const std::string name = set.aligned_file();
  aligned.values.file = name;
  PAI_ASSIGN(const auto file, open_file(datasets, name, set.bytes_of(name.substr(set.path().size() + 1))));
  PAI_ASSIGN(const auto layout,
             csv::read_layout(file.fd.get(), name, {.columns = {}, .id_columns = set.id_columns()}));
  std::vector<std::string> header = set.id_columns();
  header.insert(header.end(), set.columns().begin(), set.columns().end());
  if (layout.header.names != header) {
    return Error(ErrorCode::kInvalid,
                 "'" + printable(name, 300) + "' has another header than its dataset.json says")
        .with_detail({ErrorDetail::Kind::kFile, name + ":1", "other columns than dataset.json says"});
  }
  const std::size_t ids = set.id_columns().size();
  std::vector<std::uint32_t> fields;
  for (const std::uint32_t column : columns) fields.push_back(column + static_cast<std::uint32_t>(ids));
  TableReader reader(aligned.values, header, fields, set.rows(), layout.header.rows_line, empty);
  csv::RowFields split;
  std::string buffer;
  const OnRows take_ids = [&](std::span<const csv::Row> rows) {
    for (const csv::Row& row : rows) {
      if (ids == 1) {
        aligned.ids.append(unquoted(row.id_field(), buffer));
        continue;
      }
      split.split(row.text());
      for (std::size_t i = 0; i < ids; ++i) aligned.ids.append(unquoted(split[i], buffer));
    }
  };
  PAI_TRY(read_rows(file, layout.header.rows_offset, layout.header.rows_line,
                    static_cast<std::uint32_t>(header.size()), reader, name, take_ids, progress));
  return aligned;
}

}  // namespace pai::client::nn
