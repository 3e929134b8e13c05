#include "support/credit.h"
#include "support/tables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

namespace pai::test {

namespace {

struct CreditParty {
  const char* folder;
  const char* file;
  const char* role;
  const char* data_set;
};

constexpr std::array<CreditParty, 3> kParties{{{"feature1", "credit_default_data1.csv", "feature_client", "f1"},
                                               {"feature2", "credit_default_data2.csv", "feature_client", "f2"},
                                               {"label", "credit_default_label.csv", "label_client", "l"}}};

}  // namespace

void align_credit_data(Cluster& cluster, const std::string& task_name) {
  const auto tables = cluster.folder() / "tables";
  const std::string command = std::string(PAI_SOURCE_DIR) + "/scripts/split-credit-data " + PAI_SOURCE_DIR +
                              "/tests/data/uci_credit_default/credit_default.csv " + tables.string() + " --seed 11";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::vector<Party> parties{{.role = "main_client", .node = 0}};
  for (int node = 1; node <= 3; ++node) {
    const auto& party = kParties[static_cast<std::size_t>(node - 1)];
    std::filesystem::copy_file(tables / party.folder / "Splitted_Indexed_Data" / party.file, cluster.raw(node, party.file),
                               std::filesystem::copy_options::overwrite_existing);
    parties.push_back({.role = party.role,
                       .node = node,
                       .settings = {{"raw_data_path", party.file}, {"out_data_path", party.data_set}, {"overwrite", true}}});
  }
  cluster.run(cluster.task(task_name, parties));
}

namespace {

nlohmann::json task_of_family(Cluster& cluster, const std::string& family, const std::string& name, nlohmann::json settings,
                              nlohmann::json label) {
  std::vector<Party> parties{{.role = "main_client", .node = 0, .type = family + "_main"},
                             {.role = "crypto_producer", .node = 0, .type = "triplet_producer"}};
  for (int node = 1; node <= 3; ++node) {
    const auto& party = kParties[static_cast<std::size_t>(node - 1)];
    nlohmann::json own = node == 3 ? label : nlohmann::json::object();
    own["data_path"] = party.data_set;
    parties.push_back({.role = party.role, .node = node, .settings = own, .type = family + (node == 3 ? "_label" : "_feature")});
  }
  return cluster.task(name, parties, std::move(settings));
}

}  // namespace

nlohmann::json credit_training(Cluster& cluster, const std::string& name, nlohmann::json settings, nlohmann::json label) {
  return task_of_family(cluster, "shared_nn", name, std::move(settings), std::move(label));
}

nlohmann::json credit_boosting(Cluster& cluster, const std::string& name, nlohmann::json settings) {
  return task_of_family(cluster, "secure_xgboost", name, std::move(settings), nlohmann::json::object());
}

double auc_of_all_rows(Cluster& cluster, const std::string& prediction) {
  const auto scores = read_csv(cluster.node_folder(3) / "tasks" / (prediction + "-" + std::to_string(kLabelClient)) / "predictions.csv");
  const auto aligned = read_aligned(cluster.dataset(3, "l"), "credit_default_label");
  if (scores.size() != aligned.ids.size() + 1) return 0;
  std::vector<std::pair<double, bool>> rows;
  for (std::size_t row = 0; row < aligned.ids.size(); ++row) rows.emplace_back(std::stod(scores[row + 1][1]), std::stod(aligned.values[row][0]) >= 0.5);
  std::sort(rows.begin(), rows.end());
  double below = 0, pairs = 0, positives = 0;  // rows of the other class below each positive one; ties count half
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t to = from;
    double here = 0;
    for (; to < rows.size() && rows[to].first == rows[from].first; ++to) here += rows[to].second ? 1 : 0;
    const double others = static_cast<double>(to - from) - here;
    pairs += here * (below + others / 2);
    below += others;
    positives += here;
    from = to;
  }
  return positives == 0 || below == 0 ? 0 : pairs / (positives * below);
}

}  // namespace pai::test
