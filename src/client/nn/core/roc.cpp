#include "client/nn/core/roc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "common/base/check.h"

namespace pai::client::nn {
namespace {

constexpr std::size_t kTprStepsMax = 1000;

/// A corner of the curve: rows of the rest and of the class with a score at least as high.
struct Corner {
  double rest = 0;
  double own = 0;
};

/// From (0, 0), the highest score first.
std::vector<Corner> corners_of(const ScoredRows& rows, std::size_t output) {
  std::vector<std::pair<double, bool>> ranked(rows.rows());
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const double score = rows.scores[i * rows.outputs + output];
    ranked[i] = {std::isnan(score) ? -std::numeric_limits<double>::infinity() : score, rows.labels[i * rows.outputs + output] == 1};
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Corner> corners(1);
  for (std::size_t at = 0; at < ranked.size();) {
    Corner next = corners.back();
    for (const double score = ranked[at].first; at < ranked.size() && ranked[at].first == score; ++at) {
      (ranked[at].second ? next.own : next.rest) += 1;
    }
    corners.push_back(next);
  }
  return corners;
}

std::size_t steps_of(double rows, std::size_t steps_max) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(rows) / kRocRowsPerStep, 1, steps_max);
}

}  // namespace

task::RocCurve coarse_roc(const ScoredRows& rows, std::size_t output) {
  PAI_CHECK(output < rows.outputs && rows.scores.size() == rows.labels.size(), "an output of the rows, and a label for each score");
  const auto corners = corners_of(rows, output);
  const auto [rest, own] = corners.back();
  PAI_CHECK(rest > 0 && own > 0, "rows of both classes");
  const std::size_t steps = steps_of(rest, task::kRocPointsMax - 1);
  const auto grain = static_cast<double>(steps_of(own, kTprStepsMax));
  task::RocCurve curve{{0}, {0}};
  std::size_t at = 0;  // the last corner that is not to the right
  for (std::size_t step = 1; step < steps; ++step) {
    const double x = static_cast<double>(step) / static_cast<double>(steps);
    const double wanted = x * rest;
    while (at + 1 < corners.size() && corners[at + 1].rest <= wanted) ++at;
    const Corner& left = corners[at];
    const Corner& right = corners[std::min(at + 1, corners.size() - 1)];
    const double part = right.rest > left.rest ? (wanted - left.rest) / (right.rest - left.rest) : 0;
    const double height = (left.own + part * (right.own - left.own)) / own;
    curve.fpr.push_back(x);
    curve.tpr.push_back(std::max(curve.tpr.back(), std::round(height * grain) / grain));
  }
  curve.fpr.push_back(1);
  curve.tpr.push_back(1);
  return curve;
}

}  // namespace pai::client::nn
