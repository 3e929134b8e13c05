#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/error.h"

namespace pai::csv {

/// Limits of what is read as a table; far above what people have, far below what exhausts a machine.
struct Limits {
  static constexpr std::size_t kHeaderBytesMax = std::size_t{1} << 20;
  static constexpr std::size_t kCellBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kRowBytesMax = std::size_t{64} << 20;
};

/// What can be wrong with the text of a table.
enum class FaultKind {
  kEmptyFile,
  kNoRows,
  kHeaderTooLong,
  kRaggedRow,
  kUnclosedQuote,
  kStrayQuote,
  kBareCarriageReturn,
  kNulByte,
  kInvalidUtf8,
  kEmptyId,
  kCellTooLarge,
  kRowTooLarge,
};

/// A fault, where it is and, for a ragged row, the counts. Never holds a value of a row.
struct Fault {
  FaultKind kind = FaultKind::kEmptyFile;
  std::uint64_t line = 0;      ///< from 1
  std::uint64_t expected = 0;  ///< fields of the header
  std::uint64_t found = 0;     ///< fields of the row
};

/// The fault as an error (kInvalid) with a detail `file:line`.
Error fault_error(std::string_view file, const Fault& fault);

}  // namespace pai::csv
