#pragma once

#include <string>
#include <string_view>

#include "common/log/log.h"

namespace pai::log {

/// `event key=1 other='quoted text'`. Outside text can neither end its quotes nor start a line or a terminal sequence:
/// `\` and `'` are escaped by a backslash, controls and invalid UTF-8 are \xNN, long values are cut.
std::string text_line(std::string_view event, const Fields& fields = {});

/// `"program":"…","event":"…","key":1`: the inside of a JSON object after time and level. Numbers stay numbers.
std::string json_members(std::string_view program, std::string_view event, const Fields& fields);

}  // namespace pai::log
