#include "common/csv/row_fields.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace pai::csv {

void RowFields::split(std::string_view row) {
  row_ = row;
  ends_.clear();
  static const Classify classify = classifiers().front().classify;
  bool quoted = false;
  for (std::size_t at = 0; at < row.size(); at += 64) {
    BlockMasks masks;
    const std::size_t size = std::min<std::size_t>(64, row.size() - at);
    if (size == 64) {
      (void)classify(row.data() + at, 1, &masks);
    } else {
      char block[64] = {};
      std::memcpy(block, row.data() + at, size);
      (void)classify(block, 1, &masks);
    }
    if (masks.quote == 0 && !quoted) {
      for (std::uint64_t bits = masks.comma; bits != 0; bits &= bits - 1) {
        ends_.push_back(at + static_cast<std::size_t>(std::countr_zero(bits)));
      }
      continue;
    }
    for (std::uint64_t bits = masks.comma | masks.quote; bits != 0; bits &= bits - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(bits));
      if ((masks.quote >> place & 1) != 0)
        quoted = !quoted;
      else if (!quoted)
        ends_.push_back(at + place);
    }
  }
  ends_.push_back(row.size());
}

std::size_t first_field_end(std::string_view row) {
  if (row.empty() || row[0] != '"') {
    const auto* comma = row.empty() ? nullptr : std::memchr(row.data(), ',', row.size());
    return comma == nullptr ? row.size()
                            : static_cast<std::size_t>(static_cast<const char*>(comma) - row.data());
  }
  std::size_t at = 1;
  for (bool quoted = true; at < row.size() && (quoted || row[at] != ','); ++at) {
    if (row[at] == '"') quoted = !quoted;
  }
  return at;
}

std::span<const std::string_view> IdReader::read(std::span<const Row> rows, std::size_t& empty_at) {
  ids_.clear();
  pool_.clear();
  pooled_.clear();
  empty_at = rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string_view field = rows[i].id_field();
    if (columns_.size() == 1 && !field.empty() && field[0] != '"') {
      ids_.push_back(field);
      continue;
    }
    const std::size_t begin = pool_.size();
    const bool filled = columns_.size() == 1 ? append_unquoted(field) : read_joined(rows[i]);
    if (!filled) {
      empty_at = i;
      break;
    }
    ids_.emplace_back();
    pooled_.push_back({i, begin, pool_.size() - begin});
  }
  for (const auto& pooled : pooled_)
    ids_[pooled.index] = std::string_view(pool_).substr(pooled.begin, pooled.size);
  return ids_;
}

bool IdReader::read_joined(const Row& row) {
  fields_.split(row.text());
  for (const auto column : columns_) {
    const std::size_t length_at = pool_.size();
    pool_.append(4, '\0');
    if (!append_unquoted(fields_[column])) return false;
    const std::size_t size = pool_.size() - length_at - 4;
    for (unsigned i = 0; i < 4; ++i) pool_[length_at + i] = static_cast<char>(size >> (8 * i) & 0xFF);
  }
  return true;
}

/// False when the value is empty.
bool IdReader::append_unquoted(std::string_view field) {
  const std::size_t before = pool_.size();
  if (field.empty() || field[0] != '"') {
    pool_.append(field);
  } else {
    for (std::size_t at = 1; at + 1 < field.size(); ++at) {
      pool_ += field[at];
      if (field[at] == '"') ++at;  // the second of a doubled quote
    }
  }
  return pool_.size() > before;
}

}  // namespace pai::csv
