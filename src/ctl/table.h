#pragma once

#include <string>
#include <vector>

namespace pai::ctl {

/// Text in columns that are as wide as their widest cell.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }
  /// As many cells as the heading has.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// An empty cell is shown as a dash.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pai::ctl
