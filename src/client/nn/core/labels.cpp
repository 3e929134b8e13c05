#include "client/nn/core/labels.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/nn/core/column_statistics.h"
#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::client::nn {
namespace {

using Kind = LabelScheme::Kind;

constexpr double kClassesMax = 65'536;

constexpr std::pair<Kind, std::string_view> kKindNames[] = {
    {Kind::kBinary, "binary"},
    {Kind::kClassIndex, "class_index"},
    {Kind::kOneHot, "one_hot"},
    {Kind::kNumbers, "numbers"},
};

bool is_class(double label, double classes) {
  return label >= 0 && label < classes && label == std::floor(label);
}

/// What out_dim would fit a column of labels, as a hint; empty when they are no class indices.
std::string fitting_out_dim(const NumericTable& table) {
  double largest = 0;
  for (const double label : table.values) {
    if (!is_class(label, kClassesMax)) {
      return R"(classes are counted from 0; for a regression set activation to "none" and loss to "mse")";
    }
    largest = std::max(largest, label);
  }
  const auto classes = static_cast<std::size_t>(largest) + 1;
  return "the labels look like class indices: out_dim " + std::to_string(classes <= 2 ? 1 : classes) +
         " would fit";
}

Error contradicts(const NumericTable& table, std::size_t out_dim, std::string_view also) {
  const std::size_t width = table.width();
  return Error(ErrorCode::kInvalid, "out_dim " + std::to_string(out_dim) + " contradicts '" +
                                        printable(table.file, 300) + "', which has " + std::to_string(width) +
                                        (width == 1 ? " label column" : " label columns"))
      .with_hint("out_dim " + std::to_string(width) + " would fit" + std::string(also));
}

Error broken(std::string_view what) {
  return Error(ErrorCode::kInvalid, "the label scheme of the model is broken: " + std::string(what));
}

}  // namespace

Result<LabelScheme> LabelScheme::fit(OutputActivation activation, std::size_t out_dim,
                                     const NumericTable& train) {
  if (train.width() == 0) {
    return Error(ErrorCode::kInvalid, "'" + printable(train.file, 300) + "' has no label column")
        .with_hint("align again with the label in the `columns` of the label client");
  }
  if (train.rows < 2) {
    return Error(ErrorCode::kInvalid, "'" + printable(train.file, 300) +
                                          "' has too few rows to train with: " + std::to_string(train.rows));
  }
  LabelScheme scheme;
  scheme.columns_ = train.columns;
  scheme.outputs_ = out_dim;
  if (activation == OutputActivation::kNone) {
    if (out_dim != train.width()) return contradicts(train, out_dim, "");
    scheme.kind_ = Kind::kNumbers;
    PAI_TRY(scheme.fit_numbers(train));
    return scheme;
  }
  if (train.width() > 1 && out_dim != train.width()) {
    return contradicts(train, out_dim, ", or select one column with `columns`");
  }
  scheme.kind_ = train.width() > 1 ? Kind::kOneHot : out_dim == 1 ? Kind::kBinary : Kind::kClassIndex;
  auto targets = scheme.encode(train);
  if (!targets.ok()) {
    auto error = std::move(targets).error();
    if (train.width() == 1) error = std::move(error).with_hint(fitting_out_dim(train));
    return error;
  }
  scheme.warn_of_empty_classes(*targets);
  return scheme;
}

Status LabelScheme::fit_numbers(const NumericTable& train) {
  const auto statistics = column_statistics(train.values, train.width());
  for (std::size_t j = 0; j < train.width(); ++j) {
    if (statistics[j].constant()) {
      return train.fault_in(j, "all training rows have the same target, so there is nothing to learn");
    }
    means_.push_back(statistics[j].mean);
    deviations_.push_back(statistics[j].deviation);
  }
  return {};
}

void LabelScheme::warn_of_empty_classes(std::span<const double> targets) {
  std::vector<std::size_t> counts(outputs_);
  for (std::size_t at = 0; at < targets.size(); ++at) counts[at % outputs_] += targets[at] == 1;
  const auto warn = [&](std::string_view name) {
    warnings_.push_back("no training row is of class " + std::string(name));
  };
  if (kind_ == Kind::kBinary) {
    if (counts[0] == 0) warn("1");
    if (counts[0] == targets.size()) warn("0");
    return;
  }
  for (std::size_t c = 0; c < outputs_; ++c) {
    if (counts[c] == 0) warn(kind_ == Kind::kOneHot ? "'" + printable(columns_[c]) + "'" : std::to_string(c));
  }
}

Result<std::vector<double>> LabelScheme::encode(const NumericTable& table) const {
  if (table.columns != columns_) {
    return Error(ErrorCode::kInvalid,
                 "'" + printable(table.file, 300) + "' has other label columns than the model");
  }
  std::vector<double> targets(table.rows * outputs_);
  switch (kind_) {
    case Kind::kBinary:
      for (std::size_t i = 0; i < table.rows; ++i) {
        if (!is_class(table.at(i, 0), 2)) return table.fault_at(i, 0, "label is not 0 or 1");
        targets[i] = table.at(i, 0);
      }
      break;
    case Kind::kClassIndex:
      for (std::size_t i = 0; i < table.rows; ++i) {
        if (!is_class(table.at(i, 0), static_cast<double>(outputs_))) {
          return table.fault_at(i, 0, "label is not a class index from 0 to " + std::to_string(outputs_ - 1));
        }
        targets[i * outputs_ + static_cast<std::size_t>(table.at(i, 0))] = 1;
      }
      break;
    case Kind::kOneHot:
      for (std::size_t i = 0; i < table.rows; ++i) {
        std::size_t ones = 0;
        for (std::size_t j = 0; j < outputs_; ++j) {
          if (!is_class(table.at(i, j), 2)) return table.fault_at(i, j, "label is not 0 or 1");
          ones += table.at(i, j) == 1;
          targets[i * outputs_ + j] = table.at(i, j);
        }
        if (ones != 1) return table.fault_at(i, 0, "the row's labels are not exactly one 1 and otherwise 0");
      }
      break;
    case Kind::kNumbers:
      for (std::size_t j = 0; j < outputs_; ++j) {
        const Scaler scaler = Scaler::centred(means_[j], deviations_[j]);
        for (std::size_t i = 0; i < table.rows; ++i) {
          targets[i * outputs_ + j] = std::clamp(scaler(table.at(i, j)), -kTargetMax, kTargetMax);
        }
      }
      break;
  }
  return targets;
}

nlohmann::json LabelScheme::to_json() const {
  nlohmann::json document = {{"outputs", outputs_}, {"columns", columns_}};
  for (const auto& [kind, name] : kKindNames) {
    if (kind == kind_) document["kind"] = name;
  }
  if (kind_ == Kind::kNumbers) {
    document["means"] = means_;
    document["deviations"] = deviations_;
  }
  return document;
}

Result<LabelScheme> LabelScheme::from_json(const nlohmann::json& document) {
  if (!document.is_object()) return broken("no object");
  LabelScheme scheme;
  const auto kind = document.find("kind");
  const auto outputs = document.find("outputs");
  const auto columns = document.find("columns");
  bool known = false;
  for (const auto& [value, name] : kKindNames) {
    if (kind == document.end() || !kind->is_string() || kind->get_ref<const std::string&>() != name) continue;
    scheme.kind_ = value;
    known = true;
  }
  if (!known) return broken("no known kind");
  if (outputs == document.end() || !outputs->is_number_unsigned() || outputs->get<std::uint64_t>() < 1 ||
      outputs->get<std::uint64_t>() > kClassesMax) {
    return broken("no number of outputs");
  }
  scheme.outputs_ = outputs->get<std::size_t>();
  if (columns == document.end() || !columns->is_array()) return broken("no columns");
  for (const auto& column : *columns) {
    if (!column.is_string()) return broken("a column is no name");
    scheme.columns_.push_back(column.get<std::string>());
  }
  const bool one_column = scheme.kind_ == Kind::kBinary || scheme.kind_ == Kind::kClassIndex;
  if (scheme.columns_.size() != (one_column ? 1 : scheme.outputs_) ||
      (scheme.kind_ == Kind::kBinary && scheme.outputs_ != 1)) {
    return broken("its columns do not fit its outputs");
  }
  if (scheme.kind_ != Kind::kNumbers) return scheme;
  for (const auto& [key, numbers] :
       {std::pair{"means", &scheme.means_}, {"deviations", &scheme.deviations_}}) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_array() || found->size() != scheme.outputs_) {
      return broken("no " + std::string(key));
    }
    for (const auto& number : *found) {
      if (!number.is_number() || !std::isfinite(number.get<double>())) return broken(key);
      numbers->push_back(number.get<double>());
    }
  }
  for (const double deviation : scheme.deviations_) {
    if (!(deviation > 0)) return broken("deviations");
  }
  return scheme;
}

}  // namespace pai::client::nn
