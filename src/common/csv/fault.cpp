#include "common/csv/fault.h"

#include <string>

#include "common/base/text.h"

namespace pai::csv {
namespace {

struct Wording {
  std::string message;
  std::string_view hint;
};

Wording wording_of(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kEmptyFile:
      return {"the file is empty", "its first line must name the columns"};
    case FaultKind::kNoRows:
      return {"the file has a header and no rows", ""};
    case FaultKind::kHeaderTooLong:
      return {"the header line is longer than 1 MiB", "is this a CSV file with a header line?"};
    case FaultKind::kRaggedRow:
      return {"the row has " + std::to_string(fault.found) + (fault.found == 1 ? " field" : " fields") +
                  ", the header has " + std::to_string(fault.expected),
              "a field with a comma in it must stand in double quotes"};
    case FaultKind::kUnclosedQuote:
      return {"a double quote is opened here and never closed", ""};
    case FaultKind::kStrayQuote:
      return {"a double quote stands inside an unquoted field, or text follows a closing one",
              "write a quote inside a quoted field as two quotes"};
    case FaultKind::kBareCarriageReturn:
      return {"a carriage return without a line feed after it",
              "lines end with LF or CRLF; quote a field that holds a CR"};
    case FaultKind::kNulByte:
      return {"a NUL byte", "is the file UTF-8 text? UTF-16 must be converted first"};
    case FaultKind::kInvalidUtf8:
      return {"bytes that are not UTF-8", "convert the file to UTF-8 first"};
    case FaultKind::kEmptyId:
      return {"an empty ID", "every row needs a value in each ID column"};
    case FaultKind::kCellTooLarge:
      return {"a field is larger than 16 MiB", ""};
    case FaultKind::kRowTooLarge:
      return {"the row is larger than 64 MiB", ""};
  }
  return {"an unknown fault", ""};
}

}  // namespace

Error fault_error(std::string_view file, const Fault& fault) {
  const Wording wording = wording_of(fault);
  const std::string place = printable(file, 300) + ":" + std::to_string(fault.line);
  Error error(ErrorCode::kInvalid,
              "'" + printable(file, 300) + "' line " + std::to_string(fault.line) + ": " + wording.message);
  if (!wording.hint.empty()) error = std::move(error).with_hint(std::string(wording.hint));
  return std::move(error).with_detail({ErrorDetail::Kind::kFile, place, wording.message});
}

}  // namespace pai::csv
