#include "client/align/row_lines.h"

#include <algorithm>
#include <bit>

namespace pai::client::align {

RowCutter::RowCutter(const csv::Layout& layout)
    : columns_(layout.id_columns), as_it_stands_(layout.keeps_file_order()) {
  columns_.insert(columns_.end(), layout.value_columns.begin(), layout.value_columns.end());
}

std::string_view RowCutter::line(std::string_view row) {
  if (as_it_stands_) return row;
  fields_.split(row);
  line_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line_ += ',';
    line_.append(fields_[columns_[i]]);
  }
  return line_;
}

LineReader::LineReader(const csv::Layout& layout)
    : id_fields_(layout.id_columns.size()),
      has_values_(!layout.value_columns.empty()),
      classify_(csv::classifiers().front().classify) {}

RowLines LineReader::at(const char* begin) {
  csv::BlockMasks masks;
  (void)classify_(begin, 1, &masks);
  const std::uint64_t through_end = masks.newline ^ (masks.newline - 1);
  if (masks.newline == 0 || (masks.quote & through_end) != 0 || id_fields_ != 1) return long_line(begin);
  const auto end = static_cast<std::size_t>(std::countr_zero(masks.newline));
  const std::string_view line(begin, end);
  if (!has_values_) return {line, {}, end};
  const auto first_end = static_cast<std::size_t>(std::countr_zero(masks.comma));
  return {line, line.substr(first_end + 1), first_end};
}

RowLines LineReader::long_line(const char* begin) {
  bool quoted = false;
  for (const char* at = begin;; at += 64) {
    csv::BlockMasks masks;
    (void)classify_(at, 1, &masks);
    for (std::uint64_t bits = masks.newline | masks.quote; bits != 0; bits &= bits - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(bits));
      if ((masks.quote >> place & 1) != 0) {
        quoted = !quoted;
      } else if (!quoted) {
        const std::string_view line(begin, static_cast<std::size_t>(at - begin) + place);
        return {line, line.substr(values_begin(line)), csv::first_field_end(line)};
      }
    }
  }
}

std::size_t LineReader::values_begin(std::string_view line) {
  if (!has_values_) return line.size();
  if (id_fields_ == 1) return csv::first_field_end(line) + 1;
  fields_.split(line);
  return static_cast<std::size_t>(fields_[id_fields_].data() - line.data());
}

}  // namespace pai::client::align
