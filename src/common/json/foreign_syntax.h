#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace pai::json {

/// A place in a text, both from 1. Columns count characters (code points), not bytes.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

Position position_at(std::string_view text, std::size_t offset);
/// "line 3, column 14"
std::string to_string(Position position);

/// Something that people paste although JSON has it not.
struct ForeignSyntax {
  enum class Kind {
    kHashComment, kSlashComment, kBlockComment, kTrailingComma,
    kSingleQuotes, kPythonWord, kNotFinite, kBareWord, kTypographic,
  };
  Kind kind;
  Position at;
  std::string_view token;  ///< as it stands in the text
};

/// Explains a text that did not parse: comments, trailing commas, Python and JavaScript habits, typographic marks.
/// One finding a line and kind; stops at a string that is not closed, since what follows cannot be told apart.
std::vector<ForeignSyntax> find_foreign_syntax(std::string_view text);

/// One error for all findings (at least one): the lines in the message, a detail each for the first twenty.
Error foreign_syntax_error(const std::vector<ForeignSyntax>& findings);

}  // namespace pai::json
