#include "client/nn/core/normalisation.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::client::nn {
namespace {

using Method = Normalisation::Method;

/// Names of a column's two parameters in the model.
struct ParameterNames {
  const char* first;
  const char* second;
};
ParameterNames parameter_names(Method method) {
  return method == Method::kZscore ? ParameterNames{"mean", "deviation"} : ParameterNames{"min", "max"};
}

bool usable(Method method, double first, double second) {
  if (!std::isfinite(first) || !std::isfinite(second)) return false;
  return method == Method::kNone || (method == Method::kZscore ? second > 0 : second > first);
}

Error broken(std::string_view what) {
  return Error(ErrorCode::kInvalid, "the normalisation of the model is broken: " + std::string(what));
}

}  // namespace

Result<Method> Normalisation::method_from(std::string_view name) {
  for (const Method method : {Method::kZscore, Method::kMinmax, Method::kNone}) {
    if (name == name_of(method)) return method;
  }
  return Error(ErrorCode::kInvalid,
               "normalize: '" + printable(name) + R"(' is not one of "zscore", "minmax", "none")");
}

std::string_view Normalisation::name_of(Method method) {
  switch (method) {
    case Method::kZscore:
      return "zscore";
    case Method::kMinmax:
      return "minmax";
    case Method::kNone:
      return "none";
  }
  return "";
}

void Normalisation::add(std::string name, double first, double second) {
  const Scaler scaler = method_ == Method::kZscore   ? Scaler::centred(first, second)
                        : method_ == Method::kMinmax ? Scaler::between(first, second)
                                                     : Scaler();
  columns_.push_back({std::move(name), first, second, scaler});
}

Result<Normalisation> Normalisation::fit(Method method, const NumericTable& train) {
  if (train.width() == 0) {
    return Error(ErrorCode::kInvalid, "'" + printable(train.file, 300) + "' has no columns to train with")
        .with_hint("a feature client needs a data set with at least one column");
  }
  if (train.rows < 2) {
    return Error(ErrorCode::kInvalid, "'" + printable(train.file, 300) +
                                          "' has too few rows to train with: " + std::to_string(train.rows));
  }
  const auto statistics = column_statistics(train.values, train.width());
  std::vector<std::size_t> faulty;
  for (std::size_t j = 0; j < train.width(); ++j) {
    const ColumnStatistics& column = statistics[j];
    const bool too_large = std::max(-column.min, column.max) > kFeatureMax;
    if (method == Method::kNone ? too_large : column.constant()) faulty.push_back(j);
  }
  if (!faulty.empty() && method == Method::kNone) {
    return train.fault_in(faulty, "values over 6 in magnitude, more than training takes without normalising")
        .with_hint(R"(set `normalize` to "zscore" or "minmax")");
  }
  if (!faulty.empty()) {
    return train.fault_in(faulty, "all training rows have the same value, so nothing can be learned from it")
        .with_hint(faulty.size() == 1 ? "leave the column out with `columns`" : "leave these columns out with `columns`");
  }
  Normalisation fitted(method);
  for (std::size_t j = 0; j < train.width(); ++j) {
    const ColumnStatistics& column = statistics[j];
    if (method == Method::kZscore)
      fitted.add(train.columns[j], column.mean, column.deviation);
    else
      fitted.add(train.columns[j], column.min, column.max);
  }
  return fitted;
}

std::vector<std::string> Normalisation::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns_) names.push_back(column.name);
  return names;
}

double Normalisation::apply(std::size_t column, double value) const {
  const double scaled = columns_[column].scaler(value);
  return std::clamp(method_ == Method::kMinmax ? 2 * scaled - 1 : scaled, -kFeatureMax, kFeatureMax);
}

void Normalisation::apply(std::span<const double> values, std::span<double> out) const {
  PAI_CHECK(values.size() == out.size() && width() > 0 && values.size() % width() == 0, "whole rows");
  for (std::size_t at = 0; at < values.size(); at += width()) {
    for (std::size_t j = 0; j < width(); ++j) out[at + j] = apply(j, values[at + j]);
  }
}

void Normalisation::encode(std::span<const double> values, ring::Matrix out) const {
  PAI_CHECK(out.columns == width() && out.rows * width() == values.size(), "whole rows of the same width");
  for (std::size_t i = 0; i < out.rows; ++i) {
    ring::Word* const row = out.row(i);
    for (std::size_t j = 0; j < width(); ++j) {
      const double scaled = apply(j, values[i * width() + j]) * (1 << kFeatureScale);
      row[j] = static_cast<ring::Word>(static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5)));
    }
  }
}

nlohmann::json Normalisation::to_json() const {
  const ParameterNames names = parameter_names(method_);
  auto columns = nlohmann::json::array();
  for (const auto& column : columns_) {
    columns.push_back({{"name", column.name}, {names.first, column.first}, {names.second, column.second}});
  }
  return {{"method", name_of(method_)}, {"columns", std::move(columns)}};
}

Result<Normalisation> Normalisation::from_json(const nlohmann::json& document) {
  if (!document.is_object()) return broken("no object");
  const auto method_name = document.find("method");
  const auto columns = document.find("columns");
  if (method_name == document.end() || !method_name->is_string()) return broken("no method");
  if (columns == document.end() || !columns->is_array()) return broken("no columns");
  PAI_ASSIGN(const Method method, method_from(method_name->get_ref<const std::string&>()));
  const ParameterNames names = parameter_names(method);
  Normalisation read(method);
  for (const auto& column : *columns) {
    if (!column.is_object()) return broken("a column is no object");
    const auto name = column.find("name");
    const auto first = column.find(names.first);
    const auto second = column.find(names.second);
    if (name == column.end() || !name->is_string()) return broken("a column without a name");
    if (first == column.end() || !first->is_number() || second == column.end() || !second->is_number() ||
        !usable(method, first->get<double>(), second->get<double>())) {
      return broken("column '" + printable(name->get_ref<const std::string&>()) + "' has no usable " +
                    names.first + " and " + names.second);
    }
    read.add(name->get<std::string>(), first->get<double>(), second->get<double>());
  }
  return read;
}

}  // namespace pai::client::nn
