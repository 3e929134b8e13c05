// The metrics of the real daemons: the page lists all of them and nothing else, the alerts and the dashboard use only names that
// are there, promtool finds no fault (where it is installed), and the figures are those of what was run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/cluster.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;

/// A scrape: kind by name, and the samples' values by `name{labels}` as they stand.
struct Scrape {
  std::map<std::string, std::string> kinds;
  std::map<std::string, std::set<std::string>> label_keys;
  std::map<std::string, double> samples;
};

std::string base_name(const std::string& name, const std::map<std::string, std::string>& kinds) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string ending = suffix;
    if (name.size() <= ending.size() || name.compare(name.size() - ending.size(), ending.size(), ending) != 0) continue;
    const auto base = name.substr(0, name.size() - ending.size());
    const auto kind = kinds.find(base);
    if (kind != kinds.end() && kind->second == "histogram") return base;
  }
  return name;
}

Scrape read_scrape(const std::string& text) {
  Scrape scrape;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string hash, what, name, kind;
    if (line.rfind("# TYPE ", 0) == 0 && words >> hash >> what >> name >> kind) scrape.kinds[name] = kind;
    if (line.empty() || line[0] == '#') continue;
    const auto space = line.rfind(' ');
    const auto sample = line.substr(0, space);
    scrape.samples[sample] = std::strtod(line.c_str() + space + 1, nullptr);
    const auto base = base_name(sample.substr(0, sample.find('{')), scrape.kinds);
    static const std::regex kKey(R"re([{,]([a-z_]+)=")re");
    for (std::sregex_iterator at(sample.begin(), sample.end(), kKey), end; at != end; ++at) {
      if ((*at)[1] != "le") scrape.label_keys[base].insert((*at)[1]);
    }
  }
  return scrape;
}

/// Adds up the samples of a name, with this text among the labels.
double sum_of(const Scrape& scrape, const std::string& name, const std::string& labels = "") {
  double sum = 0;
  for (const auto& [sample, value] : scrape.samples) {
    if (sample.substr(0, sample.find('{')) == name && sample.find(labels) != std::string::npos) sum += value;
  }
  return sum;
}

std::string text_of(const std::string& file) { return read_text(std::filesystem::path(PAI_SOURCE_DIR) / file); }

std::set<std::string> names_used_in(const std::string& text) {
  static const std::regex kName(R"(\bpai_[a-z_]+\b)");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at) names.insert(at->str());
  return names;
}

/// One cluster for all of it: an alignment, and one that fails.
class MetricsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = std::make_unique<Cluster>(ClusterOptions{.nodes = 3});
    for (int node = 1; node <= 2; ++node) {
      std::string table = "id,x\n";
      for (int i = 0; i < 500; ++i) table += "k" + std::to_string(i) + ",1\n";
      write_text(cluster_->raw(node, "t.csv"), table);
      write_text(cluster_->raw(node, "twice.csv"), "id,x\nk1,1\nk1,2\n");
    }
    const auto task = [](const std::string& name, const std::string& file) {
      return cluster_->task(name, {{.role = "main_client", .node = 0},
                                   {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", file}, {"out_data_path", name}}},
                                   {.role = "label_client", .node = 2, .settings = {{"raw_data_path", file}, {"out_data_path", name}}}});
    };
    cluster_->run(task("good", "t.csv"));
    ASSERT_EQ(cluster_->post("/createTask", task("bad", "twice.csv")).status, 200);
    ASSERT_EQ(cluster_->post("/startTask?task_name=bad").status, 200);
    ASSERT_EQ(cluster_->await_end("bad"), "Failed");
    ASSERT_EQ(cluster_->get("/queryStatus").status, 400);
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  static std::string master_text() { return cluster_->get("/metrics").body; }
  static std::string node_text(int node) { return cluster_->ask_node(node, http::Method::kGet, "/metrics").body; }
  static std::string peer(int node) { return "peer=\"127.0.0.1:" + std::to_string(cluster_->node_port(node)) + "\""; }

  static std::unique_ptr<Cluster> cluster_;
};
std::unique_ptr<Cluster> MetricsTest::cluster_;

TEST_F(MetricsTest, ArePageForPageWhatTheDaemonsShow) {
  const auto page = text_of("docs/metrics.md");
  const auto master = read_scrape(master_text());
  const auto node = read_scrape(node_text(1));
  std::map<std::string, std::pair<std::string, std::string>> of_master, of_node;  // kind and labels
  std::string section;
  std::istringstream lines(page);
  std::string line;
  const std::regex row(R"re(^\| `(pai_[a-z_]+)` \| (\w+) \| ([^|]*)\| .*)re");
  while (std::getline(lines, line)) {
    if (line.rfind("## ", 0) == 0) section = line;
    std::smatch cells;
    if (!std::regex_match(line, cells, row)) continue;
    const std::pair about{std::string(cells[2]), std::string(cells[3])};
    if (section != "## Node") EXPECT_TRUE(of_master.emplace(cells[1], about).second) << cells[1] << " stands twice";
    if (section != "## Master") EXPECT_TRUE(of_node.emplace(cells[1], about).second) << cells[1] << " stands twice";
  }
  ASSERT_GT(of_master.size(), 20u);
  const std::vector<std::pair<const Scrape*, decltype(&of_master)>> both{{&master, &of_master}, {&node, &of_node}};
  for (const auto& [scrape, listed] : both) {
    for (const auto& [name, kind] : scrape->kinds) {
      ASSERT_EQ(listed->count(name), 1u) << name << " is not in docs/metrics.md";
      EXPECT_EQ(listed->at(name).first, kind) << name;
      for (const auto& key : scrape->label_keys.contains(name) ? scrape->label_keys.at(name) : std::set<std::string>{}) {
        EXPECT_THAT(listed->at(name).second, HasSubstr("`" + key + "`")) << name;
      }
    }
    for (const auto& [name, about] : *listed) EXPECT_EQ(scrape->kinds.count(name), 1u) << name << " is in docs/metrics.md alone";
  }
}

TEST_F(MetricsTest, OfTheAlertsAndTheDashboardExist) {
  auto kinds = read_scrape(master_text()).kinds;
  kinds.merge(read_scrape(node_text(1)).kinds);
  const auto dashboard = text_of("configs/grafana/pai.json");
  ASSERT_TRUE(nlohmann::json::accept(dashboard));
  for (const auto& text : {text_of("configs/prometheus/alerts.yml"), dashboard, text_of("docs/metrics.md")}) {
    const auto names = names_used_in(text);
    EXPECT_GT(names.size(), 10u);
    for (const auto& name : names) EXPECT_TRUE(kinds.contains(base_name(name, kinds))) << name;
  }
}

TEST_F(MetricsTest, AreFaultlessToPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not there (Debian package prometheus; scripts/test fetches it)";
  const TempFolder folder;
  const auto check = [&](const std::string& what, const std::string& input) {
    const auto log = folder / "log";
    const int status = std::system(("promtool check " + what + " <" + input + " >" + log.string() + " 2>&1").c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << what << ": " << read_text(log);
  };
  check(std::string("rules ") + PAI_SOURCE_DIR + "/configs/prometheus/alerts.yml", "/dev/null");
  write_text(folder / "master", master_text());
  check("metrics", (folder / "master").string());
  write_text(folder / "node", node_text(1));
  check("metrics", (folder / "node").string());
}

TEST_F(MetricsTest, CountWhatWasRun) {
  const auto master = read_scrape(master_text());
  EXPECT_EQ(sum_of(master, "pai_master_tasks", "state=\"Finished\",type=\"alignment\""), 1);
  EXPECT_EQ(sum_of(master, "pai_master_tasks", "state=\"Failed\",type=\"alignment\""), 1);
  EXPECT_EQ(sum_of(master, "pai_master_tasks_started_total", "type=\"alignment\""), 2);
  EXPECT_EQ(sum_of(master, "pai_master_task_duration_seconds_count", "state=\"Failed\""), 1);
  EXPECT_EQ(sum_of(master, "pai_master_task_duration_seconds_count", "state=\"Finished\""), 1);
  EXPECT_TRUE(master.samples.contains("pai_master_task_duration_seconds_count{state=\"Failed\",type=\"shared_nn\"}"))
      << "there from the start: the alert counts from it";
  EXPECT_EQ(sum_of(master, "pai_master_node_reachable"), 3);
  EXPECT_GE(sum_of(master, "pai_http_requests_total", "code=\"400\",method=\"GET\",route=\"/queryStatus\""), 1);
  EXPECT_GT(sum_of(master, "pai_certificate_expiry_timestamp_seconds"), static_cast<double>(std::time(nullptr)));
  EXPECT_GT(sum_of(master, "pai_disk_free_bytes"), 0);

  const auto one = read_scrape(node_text(1));
  const auto two = read_scrape(node_text(2));
  EXPECT_EQ(sum_of(one, "pai_node_clients_ended_total", "state=\"Finished\",type=\"alignment_data\""), 1);
  EXPECT_EQ(sum_of(one, "pai_node_clients_ended_total", "state=\"Failed\""), 1);
  EXPECT_GT(sum_of(one, "pai_node_phase_seconds_total", "phase=\"connect\""), 0);
  EXPECT_GT(sum_of(one, "pai_node_client_memory_peak_bytes", "type=\"alignment_data\""), 1 << 20);
  EXPECT_GT(sum_of(one, "pai_node_client_cpu_seconds_total"), 0);
  EXPECT_GT(sum_of(one, "pai_node_peer_sent_bytes_total", peer(0)), 500 * 8) << "a tag each";
  EXPECT_GT(sum_of(one, "pai_node_peer_rounds_total", peer(0)), 0);
  EXPECT_GT(sum_of(one, "pai_node_peer_wait_seconds_total"), 0);
  EXPECT_GT(sum_of(one, "pai_node_peer_received_bytes_total", peer(2)), 0);
  EXPECT_LE(sum_of(one, "pai_node_peer_received_bytes_total", peer(2)), sum_of(two, "pai_node_peer_sent_bytes_total", peer(1)))
      << "what comes was sent; of what was sent, handshake and farewell are nobody's to receive";
}

TEST_F(MetricsTest, DoNotCountTwiceWhatWasToldBeforeARestart) {
  cluster_->node(1).kill();
  cluster_->start_node(1);
  EXPECT_EQ(sum_of(read_scrape(node_text(1)), "pai_node_peer_sent_bytes_total"), 0);
}

}  // namespace
}  // namespace pai::test
