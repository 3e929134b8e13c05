#include "client/nn/label_data.h"

#include <algorithm>

#include "client/nn/data/data_set.h"
#include "client/nn/data/read_table.h"

namespace pai::client::nn {

bool LabelData::wants_scores() const {
  return !scheme.is_regression() && std::any_of(metrics.begin(), metrics.end(), opens_scores);
}

Result<LabelData> read_labels(Context& context, const TrainingSettings& settings, const DataSettings& own) {
  PAI_ASSIGN(const auto set, DataSet::open(context.datasets, own.data_path));
  PAI_ASSIGN(const auto columns, set.select_columns(own.columns));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto train, read_part(context.datasets, set, Part::kTrain, columns));
  context.reporter.advance(train.rows);
  PAI_ASSIGN(const auto test, read_part(context.datasets, set, Part::kTest, columns));
  context.reporter.advance(test.rows);
  PAI_ASSIGN(auto scheme, LabelScheme::fit(settings.rule.activation, settings.shape.out_dim.value_or(1), train));
  for (const auto& warning : scheme.warnings()) context.reporter.note(log::Level::kWarning, warning);

  LabelData data{set.alignment_id(), std::move(scheme), {}, {}, set.train_rows(), set.test_rows(), {}, {}, own.report_roc};
  for (const auto& name : own.metrics) {
    PAI_ASSIGN(const auto metric, metric_from(name));
    data.metrics.push_back(metric);
  }
  // A regression has no ranking: the default metric, which validation fills in, means its loss here.
  if (data.scheme.is_regression() && data.metrics == std::vector<Metric>{Metric::kAucKs}) data.metrics = {Metric::kLoss};
  PAI_ASSIGN(data.metric_names, metric_columns(data.metrics, data.scheme.is_regression()));
  PAI_ASSIGN(data.train_targets, data.scheme.encode(train));
  PAI_ASSIGN(data.test_targets, data.scheme.encode(test));
  if (data.test_rows == 0) {
    context.reporter.note(log::Level::kWarning, "the data set has no test rows: nothing will be evaluated");
  } else if (data.wants_scores()) {
    PAI_TRY(check_class_rows(data.test_targets, data.scheme.outputs()));
  }
  return data;
}

}  // namespace pai::client::nn
