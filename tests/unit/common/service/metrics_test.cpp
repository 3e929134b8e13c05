// The scrape: names, labels, buckets, and what is refreshed for it.
#include "common/service/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/service/label_bound.h"

namespace pai::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsScrape, CountsSetsAndObserves) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_calls_total", Metrics::Kind::kCounter, "Calls.");
  metrics->describe("pai_tasks", Metrics::Kind::kGauge, "Tasks.");
  metrics->describe("pai_call_seconds", Metrics::Kind::kHistogram, "Duration of a call.");
  metrics->count("pai_calls_total", {{"path", "/createTask"}});
  metrics->count("pai_calls_total", {{"path", "/createTask"}}, 2);
  metrics->count("pai_calls_total", {{"path", "/startTask"}});
  metrics->set("pai_tasks", {{"state", "Running"}}, 5);
  metrics->set("pai_tasks", {{"state", "Running"}}, 4);
  metrics->observe("pai_call_seconds", {}, 0.003);
  metrics->observe("pai_call_seconds", {}, 120);
  const std::string text = metrics->scrape();
  for (const char* line : {"# HELP pai_calls_total Calls.\n", "# TYPE pai_calls_total counter\n",
                           "pai_calls_total{path=\"/createTask\"} 3\n", "pai_calls_total{path=\"/startTask\"} 1\n",
                           "# TYPE pai_tasks gauge\n", "pai_tasks{state=\"Running\"} 4\n", "# TYPE pai_call_seconds histogram\n",
                           "pai_call_seconds_count 2\n", "pai_call_seconds_bucket{le=\"0.005\"} 1\n",
                           "pai_call_seconds_bucket{le=\"60\"} 1\n", "pai_call_seconds_bucket{le=\"+Inf\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsScrape, BeginsAtZeroSoThatAnIncreaseIsSeen) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_calls_total", Metrics::Kind::kCounter, "Calls.");
  metrics->describe("pai_call_seconds", Metrics::Kind::kHistogram, "Duration of a call.");
  metrics->begin("pai_calls_total", {{"path", "/createTask"}});
  metrics->begin("pai_call_seconds", {{"path", "/createTask"}});
  const std::string text = metrics->scrape();
  EXPECT_THAT(text, HasSubstr("pai_calls_total{path=\"/createTask\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pai_call_seconds_count{path=\"/createTask\"} 0\n"));
  metrics->count("pai_calls_total", {{"path", "/createTask"}});
  metrics->begin("pai_calls_total", {{"path", "/createTask"}});
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_calls_total{path=\"/createTask\"} 1\n"));
}

TEST(MetricsScrape, LabelValuesCannotBreakALine) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_calls_total", Metrics::Kind::kCounter, "Calls.");
  metrics->count("pai_calls_total", {{"path", "a\"} 1\nforged 2\\"}});
  const std::string text = metrics->scrape();
  EXPECT_THAT(text, HasSubstr(R"(pai_calls_total{path="a\"} 1\nforged 2\\"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("\nforged")));
}

TEST(MetricsScrape, RefreshesGaugesBeforeEachScrape) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_queue", Metrics::Kind::kGauge, "Length.");
  int length = 0;
  metrics->on_scrape([&](Metrics& own) { own.set("pai_queue", {}, ++length); });
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_queue 1\n"));
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_queue 2\n"));
}

double value_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

TEST(MetricsScrape, RaisesACounterAndNeverLowersIt) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_lines_total", Metrics::Kind::kCounter, "Lines.");
  metrics->raise_to("pai_lines_total", {}, 7);
  metrics->raise_to("pai_lines_total", {}, 5);
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_lines_total 7\n"));
}

TEST(MetricsScrape, ReplacedSamplesAreShownNoMore) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_node_up", Metrics::Kind::kGauge, "Up.");
  metrics->replace("pai_node_up", {{{{"node", "a"}}, 1}, {{{"node", "b"}}, 0}});
  metrics->replace("pai_node_up", {{{{"node", "b"}}, 1}});
  const auto text = metrics->scrape();
  EXPECT_THAT(text, HasSubstr("pai_node_up{node=\"b\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("node=\"a\"")));
  metrics->replace("pai_node_up", {});
  EXPECT_THAT(metrics->scrape(), Not(HasSubstr("node=\"b\"")));
}

TEST(MetricsScrape, NamesWhatHasNoSampleYet) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_faults_total", Metrics::Kind::kCounter, "Faults.");
  EXPECT_THAT(metrics->scrape(), HasSubstr("# HELP pai_faults_total Faults.\n# TYPE pai_faults_total counter\n"));
  metrics->count("pai_faults_total", {});
  const auto text = metrics->scrape();
  EXPECT_EQ(text.find("# TYPE pai_faults_total"), text.rfind("# TYPE pai_faults_total"));
}

TEST(MetricsScrape, AHistogramHasTheBucketsItWasGiven) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_task_seconds", Metrics::Kind::kHistogram, "Tasks.", {10, 100});
  metrics->observe("pai_task_seconds", {}, 50);
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_task_seconds_bucket{le=\"10\"} 0\n"));
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_task_seconds_bucket{le=\"100\"} 1\n"));
}

TEST(LabelBound, ShowsTheFirstValuesAndTheRestTogether) {
  LabelBound bound(2);
  EXPECT_EQ(bound.of("a"), "a");
  EXPECT_EQ(bound.of("b"), "b");
  EXPECT_EQ(bound.of("c"), "other");
  EXPECT_EQ(bound.of("a"), "a");
}

TEST(MetricsScrape, TellsAboutTheProcess) {
  const std::string text = Metrics::make()->scrape();
  EXPECT_GT(value_of(text, "pai_process_resident_bytes"), 100'000);
  EXPECT_GE(value_of(text, "pai_process_open_fds"), 3);
  const double now = static_cast<double>(::time(nullptr));
  const double start = value_of(text, "pai_process_start_time_seconds");
  EXPECT_GT(start, now - 86'400);
  EXPECT_LE(start, now + 5);
}

TEST(MetricsScrape, ThreadsMayCountWhileItIsRead) {
  const auto metrics = Metrics::make();
  metrics->describe("pai_calls_total", Metrics::Kind::kCounter, "Calls.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) metrics->count("pai_calls_total", {{"worker", std::to_string(t % 2)}});
    });
  }
  for (int i = 0; i < 20; ++i) (void)metrics->scrape();
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics->scrape(), HasSubstr("pai_calls_total{worker=\"0\"} 2000\n"));
}

TEST(MetricsDeathTest, AnUndescribedNameIsOurBug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Metrics::make()->count("pai_unknown", {}), "pai_unknown");
}

}  // namespace
}  // namespace pai::service
