#pragma once

#include <string>

#include "support/cluster.h"

namespace pai::test {

/// Puts the shipped credit data, split by columns among two feature parties and the label party, into the raw folders of nodes 1 to 3, and
/// aligns it: data sets "f1", "f2" and "l". Node 0 runs main.
void align_credit_data(Cluster& cluster, const std::string& task_name = "align");

/// A training (or prediction) on those data sets: main and dealer on node 0. `settings` are main's, `label` the label client's own.
nlohmann::json credit_training(Cluster& cluster, const std::string& name, nlohmann::json settings, nlohmann::json label = nlohmann::json::object());

/// The same for a boosting (or its prediction).
nlohmann::json credit_boosting(Cluster& cluster, const std::string& name, nlohmann::json settings);

/// Area under the ROC curve of the scores that a prediction on data set "l" left at the label client, over all its rows. Of these it hardly moves
/// with the draw of the test rows, whose own does by 0.008.
double auc_of_all_rows(Cluster& cluster, const std::string& prediction);

/// Numbers of the clients in such a document.
inline constexpr int kDealerClient = 1, kFirstFeatureClient = 2, kLabelClient = 4;

}  // namespace pai::test
