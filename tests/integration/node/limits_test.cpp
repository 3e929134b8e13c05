// A real pai-node holds the scripted client to its owner's limits: memory, time and disk, over a restart too, and says which it was, where, and what
// raises it. In systemd's units, with a program in systemd-run's place.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class NodeLimits : public NodeTest {
 protected:
  json run_to_end(const std::string& text, const std::string& state = "Failed") {
    script("t", 1, text);
    create("t", 1);
    auto events = follow();
    EXPECT_EQ(start("t", 1).status, 200);
    return events->await_state("t", 1, state).value_or(json{{"reason", "no end"}});
  }
  static bool await_phase(Events& events, const std::string& phase) {
    return events.await([&](const auto&, const json& e) { return e.contains("progress") && e["progress"]["phase"] == phase; }).has_value();
  }
  std::string metrics() { return master_->call({"127.0.0.1", static_cast<std::uint16_t>(port_)}, {.target = "/metrics"})->body; }
};

TEST_F(NodeLimits, AClientThatWantsMoreMemoryFailsAndTheReasonHasTheNumbers) {
  start_node("limits.process_memory_bytes_max = 268435456\n");
  const json status = run_to_end("report read 0 0\ngrow 1024\nfinish\n");
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("used more memory than node 'node' allows a client: "));
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("256 MiB allowed; limits.process_memory_bytes_max"));
  EXPECT_THAT(metrics(), HasSubstr(R"(pai_node_clients_over_limit_total{limit="memory"} 1)"));
  EXPECT_TRUE(await_log("clients are held to limits by='rlimits' memory_bytes=268435456"));
}

TEST_F(NodeLimits, OneThatDiesForWantOfMemoryIsToldFromOneThatDies) {
  start_node("limits.process_memory_bytes_max = 268435456\n");
  const json starved = run_to_end("report read 0 0\ngrow 160\nreport read 1 0\ngrow 1024 abort\n");
  EXPECT_EQ(starved["signal"], SIGABRT);
  EXPECT_THAT(starved["reason"].get<std::string>(), HasSubstr("used more memory than node 'node' allows"));
  ASSERT_EQ(remove("t", 1).status, 200);
  EXPECT_EQ(run_to_end("report read 0 0\nsignal 6\n")["reason"], "killed by signal 6");
}

TEST_F(NodeLimits, OneWithinItsLimitsFinishes) {
  start_node("limits.process_memory_bytes_max = 1073741824\nlimits.run_seconds_max = 60\nlimits.disk_bytes_max = 104857600\nlimits.cpu_cores_max = 1\n");
  EXPECT_EQ(run_to_end("report read 0 0\ngrow 128\nfill a.csv 8\nfinish\n", "Finished")["reason"], "");
}

TEST_F(NodeLimits, TimeIsKeptAndTheClientIsAskedFirst) {
  start_node("limits.run_seconds_max = 0.5\nstop_grace_s = 20\n");
  const json status = run_to_end("on-term stopped asked to\nreport read 0 0\npause\n");
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("ran longer than node 'node' allows a client: 0.5 s run, 0.5 s allowed; limits.run_seconds_max"));
  EXPECT_EQ(status["exit_code"], 0);
  EXPECT_THAT(metrics(), HasSubstr(R"(pai_node_clients_over_limit_total{limit="time"} 1)"));
}

TEST_F(NodeLimits, TimeGoesOnWhileTheNodeIsAwayAndAfterARestart) {
  start_node("limits.run_seconds_max = 2\nstop_grace_s = 0.3\n");
  script("t", 1, "ignore-term\nreport read 0 0\npause\n");
  create("t", 1);
  ASSERT_EQ(start("t", 1).status, 200);
  kill_node();
  start_node("limits.run_seconds_max = 2\nstop_grace_s = 0.3\n");
  auto events = follow();
  const json status = events->await_state("t", 1, "Failed").value_or(json{{"reason", "no end"}});
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("ran longer than node 'node' allows a client: 2 s run"));
}

TEST_F(NodeLimits, AFileLargerThanTheDiskLimitEndsIt) {
  start_node("limits.disk_bytes_max = 4194304\n");
  const json status = run_to_end("report read 0 0\nfill a.csv 5\nfinish\n");
  EXPECT_EQ(status["signal"], SIGXFSZ);
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("4 MiB allowed; limits.disk_bytes_max"));
}

TEST_F(NodeLimits, ManyFilesTogetherCountInTaskFolderAndStaging) {
  start_node("limits.disk_bytes_max = 4194304\nstop_grace_s = 0.3\n");
  const json status = run_to_end("report read 0 0\nfill a.csv 3\nfill tasks/b 3\npause\n");
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("wrote more to the disk than node 'node' allows a client: 6"));
  EXPECT_FALSE(std::filesystem::exists(data() / "datasets/.staging/t-1")) << "what it staged gives the room back";
  EXPECT_THAT(metrics(), HasSubstr(R"(pai_node_clients_over_limit_total{limit="disk"} 1)"));
}

TEST_F(NodeLimits, AStopThatWasAskedForIsNoLimit) {
  start_node("limits.run_seconds_max = 60\n");
  script("t", 1, "on-term stopped asked to\nreport read 0 0\npause\n");
  create("t", 1);
  ASSERT_EQ(start("t", 1).status, 200);
  EXPECT_EQ(stop("t", 1).status, 200);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Stopped");
}

class NodeScopes : public NodeLimits {
 protected:
  std::string config(const std::string& then) {
    write_text(folder_ / "systemd-run", "#!/bin/sh\necho \"$@\" >> " + (folder_ / "asked").string() + "\n" + then + "\n");
    ::chmod((folder_ / "systemd-run").c_str(), 0755);
    return "launcher = \"systemd\"\nsystemd_run = \"" + (folder_ / "systemd-run").string() + "\"\nlimits.process_memory_bytes_max = 268435456\nlimits.cpu_cores_max = 0.5\n";
  }
  static constexpr const char* kBecome = "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"";
};

TEST_F(NodeScopes, AClientInAUnitIsTheNodesOwnAndIsTakenBackAfterARestart) {
  start_node(config(kBecome));
  script("t", 1, "on-term stopped asked to\nreport read 0 0\npause\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1, "0123456789abcdef").status, 200);
  ASSERT_TRUE(await_phase(*events, "read"));
  const pid_t pid = pid_of("t", 1);
  EXPECT_GT(pid, 0);
  const auto asked = read_text(folder_ / "asked");
  EXPECT_THAT(asked, HasSubstr("--unit=pai-client-t-1-0123456789ab.scope --property=MemoryMax=268435456 --property=MemorySwapMax=0 --property=CPUQuota=50% -- "));
  EXPECT_THAT(asked, HasSubstr("/bin/true")) << "tried at the start";
  kill_node();
  start_node(config(kBecome));
  EXPECT_EQ(task_status("t", 1).body["msg"], "Running");
  EXPECT_EQ(pid_of("t", 1), pid);
  EXPECT_EQ(stop("t", 1).status, 200);
}

TEST_F(NodeScopes, NoRlimitOfMemoryIsSetThere) {
  start_node(config(kBecome));
  EXPECT_EQ(run_to_end("report read 0 0\ngrow 512\nfinish\n", "Finished")["reason"], "") << "the manager's limit counts, and this one is none";
}

TEST_F(NodeScopes, KilledByTheKernelNearItsLimitIsThatLimit) {
  start_node(config(kBecome));
  script("t", 1, "report read 0 0\ngrow 240\nreport grown 0 0\nwait gate\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(await_phase(*events, "grown"));
  const pid_t pid = pid_of("t", 1);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);  // as the kernel does at memory.max
  const json status = events->await_state("t", 1, "Failed").value_or(json{{"reason", "no end"}});
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("used more memory than node 'node' allows a client: 2"));
}

TEST_F(NodeScopes, AManagerThatMakesNoUnitsKeepsTheNodeFromStartingWhereItIsInsistedOn) {
  EXPECT_ANY_THROW(start_node(config("echo 'Failed to connect to bus' >&2; exit 1")));
  EXPECT_THAT(node_log(), HasSubstr("Failed to connect to bus"));
}

}  // namespace
}  // namespace pai::test
