#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/task/hash_chain.h"

namespace pai::audit {

/// What a file of an audit log holds, when it is sound.
struct Checked {
  task::HashChain::Head begins;  ///< the head before its first line: zero unless it goes on from another file
  task::HashChain::Head ends;
  std::string goes_on_from;      ///< name of the file before; empty: it begins a chain
};

/// Checks one file. kInvalid names the line. A file that goes on from another is checked from what its first line says of
/// that one: whether it says so truly, `check_files` tells.
Result<Checked> check_file(std::string_view text);

struct NamedText {
  std::string name;
  std::string text;
};

/// Several files of one log, in any order: each is sound, and each goes on where another ends. Gives what to print;
/// kInvalid names file and line, or the gap.
Result<std::string> check_files(const std::vector<NamedText>& files);

}  // namespace pai::audit
