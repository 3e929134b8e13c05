#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "client/nn/core/numeric_table.h"

namespace pai::client::nn::test {

/// A table with the values given row by row; columns are named X1, X2, …
inline NumericTable table(std::size_t width, std::vector<double> values) {
  NumericTable made;
  made.file = "set/train.csv";
  for (std::size_t j = 0; j < width; ++j) made.columns.push_back("X" + std::to_string(j + 1));
  made.rows = width == 0 ? 0 : values.size() / width;
  made.values = std::move(values);
  return made;
}

}  // namespace pai::client::nn::test
