#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::task {

/// The label client's latest ROC curve, with `report_roc`; replaced at each evaluation.
inline constexpr const char* kRocFileName = "roc.json";

inline constexpr std::size_t kRocPointsMax = 101;
inline constexpr std::size_t kRocCurvesMax = 20;

/// What shares of the other classes' rows (`fpr`) and of the class's own (`tpr`) lie above a score, for a few scores that are not told:
/// at least 2 points, each from 0 to 1 and not below the one before.
struct RocCurve {
  std::vector<double> fpr;
  std::vector<double> tpr;

  bool operator==(const RocCurve&) const = default;
};

struct RocReport {
  std::uint64_t batches = 0;     ///< done when the test set was evaluated (boosting: iterations)
  std::vector<RocCurve> curves;  ///< one for each output

  bool operator==(const RocReport&) const = default;
};

nlohmann::json to_json(const RocReport& report);
/// kInvalid: another program's document.
Result<RocReport> roc_from_json(const nlohmann::json& document);

}  // namespace pai::task
