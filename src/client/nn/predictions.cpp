#include "client/nn/predictions.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "client/nn/csv_text.h"
#include "common/base/check.h"

namespace pai::client::nn {

namespace {

std::string header(const RowIds& ids, const LabelScheme& scheme) {
  std::string line;
  for (const auto& name : ids.names()) {
    append_field(line, name);
    line += ',';
  }
  const std::string word = scheme.is_regression() ? "prediction" : "score";
  for (std::size_t j = 0; j < scheme.outputs(); ++j) {
    if (j > 0) line += ',';
    line += scheme.outputs() == 1 ? word : word + "_" + std::to_string(j);
  }
  if (!scheme.is_regression() && scheme.outputs() > 1) line += ",class";
  return line + "\n";
}

}  // namespace

Status write_predictions(const io::Root& folder, const RowIds& ids, const LabelScheme& scheme, std::span<const double> scores) {
  const auto outputs = scheme.outputs();
  PAI_CHECK(scores.size() == ids.rows() * outputs, "another number of scores than rows");
  std::string text = header(ids, scheme);
  for (std::size_t row = 0; row < ids.rows(); ++row) {
    for (std::size_t i = 0; i < ids.names().size(); ++i) {
      append_field(text, ids.at(row, i));
      text += ',';
    }
    const auto of_row = scores.subspan(row * outputs, outputs);
    for (std::size_t j = 0; j < outputs; ++j) {
      if (j > 0) text += ',';
      append_number(text, scheme.is_regression() ? scheme.in_units(j, of_row[j]) : 1 / (1 + std::exp(-of_row[j])));
    }
    if (!scheme.is_regression() && outputs > 1) {
      text += ',';
      text += std::to_string(std::max_element(of_row.begin(), of_row.end()) - of_row.begin());
    }
    text += '\n';
  }
  return folder.write_atomically("predictions.csv", text);
}

}  // namespace pai::client::nn
