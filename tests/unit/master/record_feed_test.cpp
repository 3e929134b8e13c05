// The test record on its way to those who watch: each row once, in order, whatever part of it is known when.
#include "master/record_feed.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pai::master {
namespace {

using nlohmann::json;

/// Keeps what was pushed.
class KeptStream final : public http::EventStream {
 public:
  void push(std::string_view event, std::string_view data, std::string_view id) override {
    EXPECT_EQ(event, "record");
    const auto document = json::parse(data);
    EXPECT_EQ(document["first"], rows.size() + skipped);
    for (const auto& row : document["rows"]) rows.push_back(row[1]);
    ids.emplace_back(id);
  }
  void finish() override {}
  bool closed() const override { return false; }
  void on_closed(std::function<void()>) override {}

  std::uint64_t skipped = 0;
  std::vector<int> rows;
  std::vector<std::string> ids;
};

task::RecordSummary summary(std::uint64_t rows) {
  return {
      .columns = {"time", "n_batches", "loss"}, .rows = rows, .latest = {1, static_cast<double>(rows), 0.5}};
}

std::vector<std::vector<double>> rows_from(int first, int count) {
  std::vector<std::vector<double>> rows;
  for (int i = first; i < first + count; ++i) rows.push_back({1, static_cast<double>(i + 1), 0.5});
  return rows;
}

class RecordFeedTest : public ::testing::Test {
 protected:
  RecordFeedTest() { feed.begin("run"); }
  RecordFeed feed;
  std::shared_ptr<KeptStream> stream = std::make_shared<KeptStream>();
  Watcher watcher{stream};
};

TEST_F(RecordFeedTest, RowsThatComeOneByOneNeedNoFetch) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    EXPECT_FALSE(feed.take(summary(n)));
    EXPECT_FALSE(feed.take(summary(n))) << "a status comes often";
    feed.send(watcher);
    feed.send(watcher);
  }
  EXPECT_EQ(stream->rows, (std::vector{1, 2, 3}));
  EXPECT_EQ(stream->ids.back(), "run:3");
}

TEST_F(RecordFeedTest, WhatIsMissingIsFetchedAndSentOnce) {
  EXPECT_FALSE(feed.take(summary(1)));
  feed.send(watcher);
  EXPECT_TRUE(feed.take(summary(4)));
  EXPECT_EQ(feed.next(), 1u);
  feed.take({}, 1, rows_from(1, 4));  // one more was written meanwhile
  feed.send(watcher);
  EXPECT_FALSE(feed.take(summary(5)));
  feed.take({}, 0, rows_from(0, 5));  // what is known does not come again
  feed.send(watcher);
  EXPECT_EQ(stream->rows, (std::vector{1, 2, 3, 4, 5}));
}

TEST_F(RecordFeedTest, AWatcherThatComesBackGetsTheRest) {
  feed.take({}, 0, rows_from(0, 5));
  watcher.rows_sent = feed.rows_seen("run:3");
  stream->skipped = 3;
  feed.send(watcher);
  EXPECT_EQ(stream->rows, (std::vector{4, 5}));
  EXPECT_EQ(feed.rows_seen("other:3"), 0u);
  for (const char* bad : {"", "run", "run:", "run:x", "run:-1", "run:1x"})
    EXPECT_EQ(feed.rows_seen(bad), 0u) << bad;
}

TEST_F(RecordFeedTest, ManyRowsComeInFewEvents) {
  feed.take({"time", "n_batches", "loss"}, 0, rows_from(0, 2500));
  feed.send(watcher);
  EXPECT_EQ(stream->rows.size(), 2500u);
  EXPECT_EQ(stream->ids, (std::vector<std::string>{"run:1000", "run:2000", "run:2500"}));
}

TEST_F(RecordFeedTest, RowsThatANodeNoLongerTellsAreLeftOut) {
  feed.take(summary(1));
  feed.take({}, 10, rows_from(10, 2));
  stream->skipped = 10;
  feed.send(watcher);
  EXPECT_EQ(stream->rows, (std::vector{11, 12}));
}

TEST_F(RecordFeedTest, AnotherRunBeginsAnew) {
  feed.take({}, 0, rows_from(0, 5));
  feed.begin("run");
  EXPECT_EQ(feed.next(), 5u);
  feed.begin("run2");
  EXPECT_EQ(feed.next(), 0u);
}

TEST(RecordAnswers, AreTakenOnlyWhenWellFormed) {
  const json good = {
      {"msg", {{1, 2, nullptr}}}, {"columns", {"time", "n_batches", "loss"}}, {"first", 4u}, {"total", 5u}};
  const auto answer = record_in(good);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->first, 4u);
  EXPECT_EQ(answer->total, 5u);
  EXPECT_EQ(answer->rows.size(), 1u);
  const std::vector<std::pair<const char*, json>> spoiled = {
      {"msg", 7},    {"msg", {{1, 2}}}, {"msg", {{1, 2, "x"}}}, {"columns", "time"}, {"columns", {1, 2, 3}},
      {"first", -1}, {"total", "5"}};
  for (const auto& [key, value] : spoiled) {
    auto bad = good;
    bad[key] = value;
    EXPECT_FALSE(record_in(bad).has_value()) << bad;
    bad.erase(key);
    EXPECT_FALSE(record_in(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace pai::master
