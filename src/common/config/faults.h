#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace pai::config {

/// Collects every fault of the flags and the file, so that one run shows them all.
class Faults {
 public:
  void in_flag(std::string flag, std::string message) {
    details_.push_back({ErrorDetail::Kind::kPath, std::move(flag), std::move(message)});
  }
  void in_file(std::string file_and_line, std::string message) {
    details_.push_back({ErrorDetail::Kind::kFile, std::move(file_and_line), std::move(message)});
  }
  bool empty() const { return details_.empty(); }
  std::vector<ErrorDetail> take() { return std::move(details_); }

 private:
  std::vector<ErrorDetail> details_;
};

}  // namespace pai::config
