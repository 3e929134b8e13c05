// What boosted trees cost over the real programs and mutual TLS, all on this machine: one master, four nodes, two feature clients, the label client,
// main and the dealer.
//
//   boost_cluster_bench [--rows N] [--features D] [--trees T] [--depth D] [--bins B] [--evaluate-every K] [--xgboost LIBRARY] [LEVEL…]
//
// Made-up rows, a fifth of them test rows, aligned first. For each level (full, relaxed; both by default) a line with what the label client's log
// says at the end and its record's last line; with --xgboost, plain XGBoost on the same aligned rows
// in the same run (plain_xgboost.py, which says how to get the library).
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "support/cluster.h"

namespace pai::test {
namespace {

struct Wanted {
  std::size_t rows = 30'000, features = 23, trees = 20, depth = 4, bins = 32, evaluate_every = 1;
  std::string xgboost;
  std::vector<std::string> levels;
};

/// `features` columns in two tables, and labels that follow some of them.
void write_tables(Cluster& cluster, const Wanted& wanted) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<std::ofstream> files;
  for (const int node : {1, 2, 3}) files.emplace_back(cluster.raw(node, "t.csv"));
  const auto first = wanted.features / 2;
  for (std::size_t table = 0; table < 3; ++table) files[table] << "id";
  for (std::size_t j = 0; j < wanted.features; ++j) files[j < first ? 0 : 1] << ",x" << j;
  files[2] << ",y";
  for (std::size_t i = 0; i < wanted.rows; ++i) {
    double score = -1;
    for (auto& file : files) file << "\nk" << i;
    for (std::size_t j = 0; j < wanted.features; ++j) {
      const double x = normal(random);
      score += j % 5 == 0 ? (x > 0.5 ? 1.2 : -0.3) : j % 7 == 1 ? 0.3 * x : 0;
      files[j < first ? 0 : 1] << ',' << std::round(x * 1e4) / 1e4;
    }
    files[2] << ',' << (uniform(random) < 1 / (1 + std::exp(-score)) ? 1 : 0);
  }
  for (auto& file : files) file << '\n';
}

std::vector<Party> parties(const std::string& main, const std::string& feature, const std::string& label, const nlohmann::json& own) {
  std::vector<Party> all{{.role = "main_client", .node = 0, .type = main}};
  if (main != "alignment_main") all.push_back({.role = "crypto_producer", .node = 0, .type = "triplet_producer"});
  for (const int node : {1, 2}) all.push_back({.role = "feature_client", .node = node, .settings = own, .type = feature});
  all.push_back({.role = "label_client", .node = 3, .settings = own, .type = label});
  return all;
}

bool finishes(Cluster& cluster, const nlohmann::json& document) {
  const std::string name = document.at("task_name");
  const auto created = cluster.post("/createTask", document);
  if (created.status != 200) return std::fprintf(stderr, "%s\n", created.body.c_str()), false;
  (void)cluster.post("/startTask?task_name=" + name);
  if (cluster.await_end(name, std::chrono::hours(2)) == "Finished") return true;
  return std::fprintf(stderr, "%s\n", cluster.full_status(name).dump(1).c_str()), false;
}

int run(const Wanted& wanted) {
  Cluster cluster({.nodes = 4});
  write_tables(cluster, wanted);
  const nlohmann::json raw{{"raw_data_path", "t.csv"}, {"out_data_path", "s"}};
  if (!finishes(cluster, cluster.task("align", parties("alignment_main", "alignment_data", "alignment_data", raw), {{"test_ratio", 0.2}}))) return 1;
  for (const auto& level : wanted.levels) {
    const nlohmann::json config{{"max_iteration", wanted.trees}, {"max_depth", wanted.depth}, {"n_bins", wanted.bins}};
    const nlohmann::json settings{{"config", config}, {"security", level}, {"test_per_trees", wanted.evaluate_every}, {"checkpoint_per_trees", 0}};
    const nlohmann::json own{{"data_path", "s"}};
    if (!finishes(cluster, cluster.task(level, parties("secure_xgboost_main", "secure_xgboost_feature", "secure_xgboost_label", own), settings))) return 1;
    const auto log = cluster.client_log(level, 4, 3);
    std::smatch figures;
    if (!std::regex_search(log, figures, std::regex("seconds_per_tree=\\S+ rounds_per_tree=\\S+"))) return 1;
    const auto record = cluster.get("/queryRecord?task_name=" + level).document.at("msg").back();
    std::printf("%s rows %zu features %zu depth %zu bins %zu: %s; trees, loss, auc, ks: %s\n", level.c_str(), wanted.rows * 4 / 5, wanted.features,
                wanted.depth, wanted.bins, figures.str().c_str(), record.dump().c_str());
    std::fflush(stdout);
  }
  if (wanted.xgboost.empty()) return 0;
  const std::string command = "python3 " + std::string(PAI_SOURCE_DIR) + "/tests/bench/boost/plain_xgboost.py --library " + wanted.xgboost +
                              " --trees " + std::to_string(wanted.trees) + " --depth " + std::to_string(wanted.depth) + " --bins " +
                              std::to_string(wanted.bins) + " " + cluster.dataset(3, "s").string() + " " + cluster.dataset(1, "s").string() + " " +
                              cluster.dataset(2, "s").string();
  return std::system(command.c_str()) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pai::test

int main(int argc, char** argv) {
  pai::test::Wanted wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      wanted.levels.push_back(name);
      continue;
    }
    if (++i == argc) return 2;
    const auto value = static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10));
    if (name == "--rows") wanted.rows = value;
    else if (name == "--features") wanted.features = value;
    else if (name == "--trees") wanted.trees = value;
    else if (name == "--depth") wanted.depth = value;
    else if (name == "--bins") wanted.bins = value;
    else if (name == "--evaluate-every") wanted.evaluate_every = value;
    else if (name == "--xgboost") wanted.xgboost = argv[i];
    else return std::fprintf(stderr, "unknown: %s\n", name.c_str()), 2;
  }
  if (wanted.levels.empty()) wanted.levels = {"full", "relaxed"};
  return pai::test::run(wanted);
}
