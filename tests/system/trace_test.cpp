// W3C traceparent through the real programs: what a user sends with a request is found in the lines of the master, of every node and of every client
// that the request made work, after restarts too; what is no traceparent is nowhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "common/log/trace.h"
#include "support/cluster.h"
#include "support/raw_socket.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Lines that hold all of these words.
int lines_with(const std::string& log, const std::vector<std::string>& words) {
  std::istringstream lines(log);
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    count += std::all_of(words.begin(), words.end(), [&](const std::string& word) { return line.find(word) != std::string::npos; });
  }
  return count;
}

int line_count(const std::string& log) { return lines_with(log, {}); }

class Traced : public ::testing::Test {
 protected:
  static std::vector<Party> parties(const std::string& out) {
    return {{.role = "main_client", .node = 0},
            {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", out}}},
            {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", out}}}};
  }
  void write_tables() {
    for (int node = 1; node <= 2; ++node) write_text(cluster_->raw(node, "t.csv"), "id,x\nk1,1\nk2,2\nk3,3\nk4,4\nk5,5\nk6,6\n");
  }
  /// One POST within this trace: the test's HTTP client sends the header as any caller would.
  Answer post(const log::Trace& trace, const std::string& target, const std::string& body = {}) {
    const log::TraceScope scope(trace);
    return cluster_->post(target, body);
  }

  std::optional<Cluster> cluster_;
};

TEST_F(Traced, IsInTheLinesOfEveryProcessThatARequestMadeWork) {
  cluster_.emplace(ClusterOptions{.nodes = 3});
  write_tables();
  const auto creation = log::new_trace(), start = log::new_trace();
  ASSERT_EQ(post(creation, "/createTask", cluster_->task("traced", parties("o")).dump()).status, 200);
  EXPECT_EQ(cluster_->full_status("traced")["trace_id"], creation.id_text());
  ASSERT_EQ(post(start, "/startTask?task_name=traced").status, 200);
  ASSERT_EQ(cluster_->await_end("traced"), "Finished");
  EXPECT_EQ(cluster_->full_status("traced")["trace_id"], start.id_text());

  const auto created = "trace=" + creation.id_text(), started = "trace=" + start.id_text();
  EXPECT_EQ(lines_with(cluster_->master_log(), {"task created", created}), 1) << cluster_->master_log();
  for (const std::string event : {"task is starting", "task runs", "task finished"}) {
    EXPECT_EQ(lines_with(cluster_->master_log(), {event, started}), 1) << event << "\n" << cluster_->master_log();
  }
  EXPECT_EQ(lines_with(cluster_->master_log(), {"client finished", started}), 3) << cluster_->master_log();
  for (int node = 0; node < 3; ++node) {
    const auto log = cluster_->node_log(node);
    for (const std::string event : {"client prepared", "client created"}) EXPECT_EQ(lines_with(log, {event, created}), 1) << event << "\n" << log;
    for (const std::string event : {"client started", "client ended"}) EXPECT_EQ(lines_with(log, {event, started}), 1) << event << "\n" << log;
    const auto client = cluster_->client_log("traced", node, node);
    EXPECT_GT(line_count(client), 3);
    EXPECT_EQ(lines_with(client, {started}), line_count(client)) << "each line of a client: " << client;
    EXPECT_THAT(client, Not(HasSubstr("peer_trace_id"))) << "peers have the same trace";
    EXPECT_THAT(read_text(cluster_->node_folder(node) / "audit.jsonl"), HasSubstr(R"("trace_id":")" + start.id_text()));
  }
  EXPECT_EQ(lines_with(read_text(cluster_->folder() / "master" / "audit.jsonl"), {"/startTask", start.id_text()}), 1);
}

TEST_F(Traced, StaysWithARunOverRestartsOfMasterAndNodeAndARetryHasItsOwn) {
  cluster_.emplace(ClusterOptions{.nodes = 3, .waiting_nodes = {0}});
  write_tables();
  const auto start = log::new_trace(), retry = log::new_trace(), again = log::new_trace();
  ASSERT_EQ(cluster_->post("/createTask", cluster_->task("long", parties("o"))).status, 200);
  ASSERT_EQ(post(start, "/startTask?task_name=long").status, 200);
  const pid_t feature = cluster_->client_pid("long", 1, 1);
  ASSERT_GT(feature, 0);
  cluster_->master().kill();
  cluster_->node(1).kill();
  cluster_->start_node(1);
  cluster_->start_master();
  ASSERT_EQ(::kill(feature, SIGKILL), 0);
  EXPECT_EQ(cluster_->await_end("long"), "Failed");
  EXPECT_EQ(cluster_->full_status("long")["trace_id"], start.id_text());
  const auto started = "trace=" + start.id_text();
  for (const std::string event : {"task was taken up again", "task failed"}) {
    EXPECT_EQ(lines_with(cluster_->master_log(), {event, started}), 1) << event << "\n" << cluster_->master_log();
  }
  for (const std::string event : {"running client taken over", "client ended"}) {
    EXPECT_EQ(lines_with(cluster_->node_log(1), {event, started}), 1) << event << "\n" << cluster_->node_log(1);
  }
  // The others are stopped because of it: their nodes' lines belong to the run as well.
  EXPECT_EQ(lines_with(cluster_->node_log(2), {"client told to stop", started}), 1) << cluster_->node_log(2);

  ASSERT_EQ(post(retry, "/retryTask?task_name=long").status, 200);
  ASSERT_EQ(post(again, "/startTask?task_name=long").status, 200);
  (void)cluster_->client_pid("long", 2, 2);
  EXPECT_EQ(cluster_->full_status("long")["trace_id"], again.id_text());
  EXPECT_EQ(lines_with(cluster_->master_log(), {"task may be started again", retry.id_text()}), 1) << cluster_->master_log();
  EXPECT_EQ(lines_with(cluster_->node_log(1), {"client started", "trace=" + again.id_text()}), 1) << cluster_->node_log(1);
  EXPECT_EQ(cluster_->post("/stopTask?task_name=long").status, 200);
}

TEST_F(Traced, WhatIsNoTraceparentIsIgnoredAndWrittenNowhere) {
  cluster_.emplace(ClusterOptions{.nodes = 3, .insecure = true});
  write_tables();
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  const std::string document = cluster_->task("plain", parties("o")).dump();
  const auto ask = [&](const std::string& line, const std::string& header, const std::string& body) {
    return raw_exchange(cluster_->master_port(), line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  std::set<std::string> ids;
  for (const std::string& bad : {"00-" + id + "-b7ad6b7169203331-01-more", "00-" + id + "-0000000000000000-01", std::string("zz' trace=forged"), std::string(4'000, 'a')}) {
    const auto answer = ask("POST /createTask", "traceparent: " + bad + "\r\n", document);
    EXPECT_THAT(answer, HasSubstr("200 OK"));
    EXPECT_THAT(answer, Not(HasSubstr(id)));
    const auto at = answer.find("traceparent: 00-");
    ASSERT_NE(at, std::string::npos) << answer;
    ids.insert(answer.substr(at + 16, 32));
  }
  EXPECT_EQ(ids.size(), 4U) << "each request begins its own";
  const auto answer = ask("POST /startTask?task_name=plain", "traceparent: 00-" + id + "-b7ad6b7169203331-01\r\n", "");
  EXPECT_THAT(answer, HasSubstr("traceparent: 00-" + id + "-"));
  EXPECT_THAT(answer, Not(HasSubstr("b7ad6b7169203331"))) << "the answer names the master's own step";
  ASSERT_EQ(cluster_->await_end("plain"), "Finished");
  std::string all = cluster_->master_log();
  for (int node = 0; node < 3; ++node) all += cluster_->node_log(node) + cluster_->client_log("plain", node, node);
  EXPECT_THAT(all, HasSubstr("trace=" + id));
  for (const std::string bad : {"forged", "more", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) EXPECT_THAT(all, Not(HasSubstr("-" + bad)));
  EXPECT_THAT(all, Not(HasSubstr("forged")));
}

}  // namespace
}  // namespace pai::test
