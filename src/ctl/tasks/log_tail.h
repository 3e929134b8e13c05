#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pai::ctl::tasks {

/// The lines of a text; no empty one at its end.
std::vector<std::string> lines_of(const std::string& text);

/// Of two looks at the end of a log that grows: where in `now` begins what was not in `before`. Zero when they have nothing in common.
std::size_t first_new(const std::vector<std::string>& before, const std::vector<std::string>& now);

}  // namespace pai::ctl::tasks
