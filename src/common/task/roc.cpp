#include "common/task/roc.h"

#include <algorithm>
#include <utility>

#include "common/task/fields.h"

namespace pai::task {
namespace {

std::vector<double> shares(Fields& fields, std::string_view key) {
  const auto* list = fields.optional(key);
  if (list == nullptr || !list->is_array() || list->size() < 2 || list->size() > kRocPointsMax) {
    fields.fault(key, "is no list of 2 to " + std::to_string(kRocPointsMax) + " numbers");
    return {};
  }
  std::vector<double> values;
  for (const auto& element : *list) {
    const double value = element.is_number() ? element.get<double>() : -1;
    if (!(value >= (values.empty() ? 0 : values.back()) && value <= 1)) {
      fields.fault(key, "does not go up from 0 to 1");
      return {};
    }
    values.push_back(value);
  }
  return values;
}

}  // namespace

nlohmann::json to_json(const RocReport& report) {
  auto curves = nlohmann::json::array();
  for (const auto& curve : report.curves) curves.push_back({{"fpr", curve.fpr}, {"tpr", curve.tpr}});
  return {{"batches", report.batches}, {"curves", std::move(curves)}};
}

Result<RocReport> roc_from_json(const nlohmann::json& document) {
  Faults faults;
  Fields fields(document, "roc", faults);
  RocReport report;
  report.batches = fields.count("batches");
  const auto* curves = fields.optional("curves");
  if (curves == nullptr || !curves->is_array() || curves->size() > kRocCurvesMax) {
    fields.fault("curves", "is no list of at most " + std::to_string(kRocCurvesMax) + " curves");
  } else {
    for (const auto& element : *curves) {
      Fields each(element, fields.path_of("curves"), faults);
      RocCurve curve{shares(each, "fpr"), shares(each, "tpr")};
      if (curve.fpr.size() != curve.tpr.size()) each.fault("tpr", "has another length than fpr");
      report.curves.push_back(std::move(curve));
    }
  }
  if (!faults.none()) return std::move(faults).to_error("the ROC curve");
  return report;
}

}  // namespace pai::task
