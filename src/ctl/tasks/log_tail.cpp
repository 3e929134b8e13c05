#include "ctl/tasks/log_tail.h"

#include <algorithm>
#include <sstream>

namespace pai::ctl::tasks {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::size_t first_new(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  // The longest end of the one that the other begins with.
  for (std::size_t length = std::min(before.size(), now.size()); length > 0; --length) {
    if (std::equal(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(length), before.end() - static_cast<std::ptrdiff_t>(length))) return length;
  }
  return 0;
}

}  // namespace pai::ctl::tasks
