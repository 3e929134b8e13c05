// The whole client process around scripted roles: exit code, state.json and log, for every way to end.
#include <linux/landlock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/hash_chain.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"
#include "support/alignment_spec.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::client {
namespace {

using pai::test::Process;
using pai::test::TempFolder;
using testing::HasSubstr;
using testing::Not;

constexpr auto kDeadline = std::chrono::seconds(30);

class RuntimeTest : public testing::Test {
 protected:
  RuntimeTest() {
    task_.spec = pai::test::alignment_spec("credit_v1", 3, [](int) { return static_cast<std::uint16_t>(pai::test::free_port()); });
    task_.run_id = "0123456789abcdef";
    task_.node.name = "here";
    task_.node.raw_root = task_.node.datasets_root = folder_.path().string();
    task_.node.bind = "127.0.0.1";
    task_.node.insecure = true;
  }

  std::filesystem::path folder(int client) const { return folder_ / ("task" + std::to_string(client)); }

  std::unique_ptr<Process> start(int client, const std::string& script) {
    auto task = task_;
    task.client_id = client;
    if (client != 0) {
      task.spec.clients[static_cast<std::size_t>(client)].settings = {{"raw_data_path", "a.csv"}, {"out_data_path", "a"}};
    }
    std::filesystem::create_directory(folder(client));
    pai::test::write_text(folder(client) / "task.json", task::to_json(task).dump());
    return std::make_unique<Process>(
        std::vector<std::string>{PAI_SCRIPTED_CLIENT, (folder(client) / "task.json").string()},
        folder(client) / "log.txt", std::vector<std::string>{"PAI_SCRIPT=" + script});
  }
  int exit_code(Process& process) {
    const auto status = process.wait(kDeadline);
    EXPECT_TRUE(status.has_value()) << "still running";
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  std::optional<task::ClientReport> report(int client) const {
    const auto file = folder(client) / "state.json";
    if (!std::filesystem::exists(file)) return std::nullopt;
    auto report = task::report_from_json(*json::parse(pai::test::read_text(file)));
    EXPECT_TRUE(report.ok());
    return report.ok() ? std::optional(*report) : std::nullopt;
  }
  std::string log(int client) const { return pai::test::read_text(folder(client) / "log.txt"); }
  /// Waits until state.json shows the phase.
  void wait_for_phase(int client, const std::string& phase) const {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < deadline) {
      if (const auto now = report(client); now && now->progress.phase == phase) return;
      std::this_thread::yield();
    }
    FAIL() << "phase " << phase << " never came: " << log(client);
  }

  TempFolder folder_;
  task::TaskFile task_;
};

TEST_F(RuntimeTest, ARoleThatSucceedsIsFinished) {
  auto process = start(0, "finish");
  EXPECT_EQ(exit_code(*process), 0) << log(0);
  const auto end = report(0);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->state, task::ClientState::kFinished);
  EXPECT_EQ(end->run_id, task_.run_id);
  EXPECT_EQ(end->process.pid, process->pid());
  EXPECT_EQ(end->reason, "");
  ASSERT_TRUE(end->dataset.has_value());
  EXPECT_EQ(end->dataset->train_rows, 80u);
  EXPECT_THAT(log(0), HasSubstr("client started"));
  EXPECT_THAT(log(0), HasSubstr("phase began"));
  EXPECT_THAT(log(0), HasSubstr("client finished"));
}

TEST_F(RuntimeTest, EveryLogLineCarriesTaskAndClient) {
  auto process = start(0, "finish");
  ASSERT_EQ(exit_code(*process), 0);
  std::istringstream lines(log(0));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, HasSubstr("credit_v1"));
    EXPECT_THAT(line, HasSubstr("client=0"));
  }
  EXPECT_GE(count, 4);
}

TEST_F(RuntimeTest, ARoleThatFailsLeavesReasonAndBlame) {
  auto process = start(0, "fail");
  EXPECT_EQ(exit_code(*process), 1);
  const auto end = report(0);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->state, task::ClientState::kFailed);
  EXPECT_THAT(end->reason, HasSubstr("the table has no rows"));
  EXPECT_EQ(end->blames, 2);
  EXPECT_FALSE(end->dataset.has_value());
}

TEST_F(RuntimeTest, ExceptionsAreFailuresWithAReason) {
  auto thrown = start(0, "throw");
  EXPECT_EQ(exit_code(*thrown), 1);
  EXPECT_THAT(report(0)->reason, HasSubstr("boom"));
  auto memory = start(0, "memory");
  EXPECT_EQ(exit_code(*memory), 1);
  EXPECT_EQ(report(0)->reason, "out of memory");
}

TEST_F(RuntimeTest, AStopRequestEndsAWaitingRoleAsStopped) {
  for (const int number : {SIGTERM, SIGINT}) {
    auto process = start(0, "wait");
    wait_for_phase(0, "wait");
    process->signal(number);
    EXPECT_EQ(exit_code(*process), 3);
    const auto end = report(0);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->state, task::ClientState::kStopped);
    EXPECT_EQ(end->reason, "stopped by request");
    EXPECT_THAT(log(0), HasSubstr("stop requested"));
    std::filesystem::remove(folder(0) / "state.json");
  }
}

TEST_F(RuntimeTest, ATrainingReportsBatchesAndARecordAndGoesOnFromItsCheckpoint) {
  auto first = start(0, "train");
  EXPECT_EQ(exit_code(*first), 1);
  ASSERT_TRUE(report(0).has_value());
  EXPECT_EQ(report(0)->n_batches, 35u);
  ASSERT_TRUE(report(0)->record.has_value());
  EXPECT_EQ(report(0)->record->rows, 3u);
  EXPECT_EQ(report(0)->record->latest, (std::vector<double>{1, 30, 0.5, 0.75}));
  EXPECT_THAT(log(0), HasSubstr("warning loss rose batch=35 task='credit_v1' client=0"));

  task_.node.resume = true;
  auto second = start(0, "train");
  EXPECT_EQ(exit_code(*second), 0);
  EXPECT_EQ(report(0)->n_batches, 40u);
  EXPECT_EQ(pai::test::read_text(folder(0) / "record.csv"),
            "time,n_batches,loss,auc\n1,10,0.5,0.75\n1,20,0.5,0.75\n2,30,0.5,0.75\n2,40,0.5,0.75\n");

  task_.node.resume = false;
  auto third = start(0, "train");
  EXPECT_EQ(exit_code(*third), 1);
  EXPECT_EQ(report(0)->record->rows, 3u) << "a fresh start forgets the record";
}

TEST_F(RuntimeTest, ThreeClientsTalkInWhateverOrderTheyStart) {
  std::vector<std::unique_ptr<Process>> processes;
  for (const int client : {2, 0, 1}) processes.push_back(start(client, "talk"));
  for (auto& process : processes) EXPECT_EQ(exit_code(*process), 0);
  for (int client = 0; client < 3; ++client) {
    ASSERT_TRUE(report(client).has_value());
    EXPECT_EQ(report(client)->state, task::ClientState::kFinished) << log(client);
    EXPECT_THAT(log(client), HasSubstr("peer connected"));
    EXPECT_THAT(log(client), HasSubstr("sent in all"));
    EXPECT_THAT(log(client), HasSubstr("received in all"));
  }
}

TEST_F(RuntimeTest, TheLedgerHasAllThatTheLogSaysWasSent) {
  std::vector<std::unique_ptr<Process>> processes;
  for (const int client : {0, 1, 2}) processes.push_back(start(client, "talk"));
  for (auto& process : processes) EXPECT_EQ(exit_code(*process), 0);
  const auto ledger = pai::test::read_text(folder(1) / "disclosures.jsonl");
  const auto head = task::HashChain::verify(ledger);
  ASSERT_TRUE(head.ok()) << head.error().describe();
  EXPECT_THAT(log(1), HasSubstr("hash='" + head->hash + "'"));

  std::map<std::pair<int, std::string>, std::pair<int, int>> sent;
  std::istringstream lines(ledger);
  for (std::string line; std::getline(lines, line);) {
    const auto entry = *json::parse(line);
    if (entry["event"] != "sent") continue;
    EXPECT_NE(entry["discloses"], "unknown") << line;
    auto& [messages, bytes] = sent[{entry["peer"], entry["message"]}];
    messages += entry["messages"].get<int>();
    bytes += entry["bytes"].get<int>();
  }
  for (const int peer : {0, 2}) {
    for (const auto* message : {"Hello", peer == 0 ? "Published" : "KeyOffer", "Goodbye"}) {
      const auto [messages, bytes] = sent[{peer, message}];
      EXPECT_EQ(messages, 1) << message;
      EXPECT_THAT(log(1), HasSubstr("sent in all peer=" + std::to_string(peer) + " message='" + message + "' messages=1 bytes=" +
                                    std::to_string(bytes) + " "));
    }
  }
}

TEST_F(RuntimeTest, EachPartyKeepsWhereTheOthersLedgersStood) {
  std::vector<std::unique_ptr<Process>> processes;
  for (const int client : {0, 1, 2}) processes.push_back(start(client, "talk"));
  for (auto& process : processes) EXPECT_EQ(exit_code(*process), 0);
  const auto entries_of = [&](int client) {
    std::vector<nlohmann::json> entries;
    std::istringstream lines(pai::test::read_text(folder(client) / "disclosures.jsonl"));
    for (std::string line; std::getline(lines, line);) entries.push_back(*json::parse(line));
    return entries;
  };
  for (int client = 0; client < 3; ++client) {
    int told = 0;
    for (const auto& entry : entries_of(client)) {
      if (entry["event"] != "peer_ledger") continue;
      ++told;
      const auto theirs = entries_of(entry["peer"]);
      const auto lines = entry["lines"].get<std::size_t>();
      ASSERT_LE(lines, theirs.size());
      EXPECT_EQ(theirs[lines - 1]["hash"], entry["head"]);
    }
    EXPECT_EQ(told, 2) << client;
  }
}

TEST_F(RuntimeTest, AMessageThatDoesNotDeclareThatItGoesThereDoesNotLeave) {
  auto leaking = start(0, "leak");
  EXPECT_EQ(exit_code(*leaking), 1);
  EXPECT_THAT(report(0)->reason, HasSubstr("a TagBatch may not leave for client 1"));
  EXPECT_THAT(pai::test::read_text(folder(0) / "disclosures.jsonl"), Not(HasSubstr("TagBatch")));
}

TEST_F(RuntimeTest, ALedgerThatWasChangedStopsTheClientBeforeItTalks) {
  auto first = start(0, "finish");
  ASSERT_EQ(exit_code(*first), 0);
  const auto file = folder(0) / "disclosures.jsonl";
  auto changed = pai::test::read_text(file);
  changed.replace(changed.find("credit_v1"), 9, "credit_v2");
  pai::test::write_text(file, changed);
  auto second = start(0, "finish");
  EXPECT_EQ(exit_code(*second), 1);
  EXPECT_THAT(report(0)->reason, HasSubstr("line 1 of the ledger"));
}

TEST_F(RuntimeTest, AKilledClientIsNamedByThoseThatWaitForIt) {
  auto waiting = start(0, "wait");
  auto killed = start(1, "wait");
  auto third = start(2, "wait");
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  for (const int other : {0, 2}) {
    while (log(other).find("peer=1") == std::string::npos && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
  }
  killed->kill();
  EXPECT_EQ(exit_code(*waiting), 1);
  EXPECT_EQ(report(0)->blames, 1) << report(0)->reason;
  EXPECT_THAT(report(0)->reason, HasSubstr("client 1 (feature_client at 127.0.0.1:8084) was lost"));
  EXPECT_EQ(exit_code(*third), 1);
  EXPECT_EQ(report(2)->blames, 1) << report(2)->reason;
}

TEST_F(RuntimeTest, ATakenPortIsAFailureThatSaysSo) {
  auto first = start(0, "wait");
  wait_for_phase(0, "wait");
  task_.spec.clients[1].computation_port = task_.spec.clients[0].computation_port;
  task_.spec.clients[1].addr = "127.0.0.2";  // another address for the task, the same port on this machine
  task_.spec.clients[0].computation_port = static_cast<std::uint16_t>(pai::test::free_port());
  auto second = start(1, "wait");
  EXPECT_EQ(exit_code(*second), 1);
  EXPECT_EQ(report(1)->reason,
            "computation port " + std::to_string(task_.spec.clients[1].computation_port) + " is taken");
}

TEST_F(RuntimeTest, AMissingOrBrokenTaskFileIsAFailureThatSaysWhere) {
  const auto file = folder_ / "task.json";
  Process missing({PAI_SCRIPTED_CLIENT, file.string()}, folder_ / "log.txt");
  EXPECT_EQ(exit_code(missing), 1);
  EXPECT_THAT(pai::test::read_text(folder_ / "log.txt"), HasSubstr("task file refused"));
  pai::test::write_text(file, "{\"spec\": }");
  Process broken({PAI_SCRIPTED_CLIENT, file.string()}, folder_ / "log.txt");
  EXPECT_EQ(exit_code(broken), 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "state.json"));
}

TEST_F(RuntimeTest, ATypeOfALaterReleaseIsAFailure) {
  auto task = task_;
  std::filesystem::create_directory(folder(0));
  pai::test::write_text(folder(0) / "task.json", task::to_json(task).dump());
  Process process({PAI_SCRIPTED_CLIENT, (folder(0) / "task.json").string()}, folder(0) / "log.txt");
  EXPECT_EQ(exit_code(process), 1);
  EXPECT_THAT(report(0)->reason, HasSubstr("cannot be run by this release"));
}

TEST_F(RuntimeTest, WhatAClientWritesIsForItsUserAlone) {
  auto process = start(0, "finish");
  ASSERT_EQ(exit_code(*process), 0);
  struct stat info {};
  ASSERT_EQ(::stat((folder(0) / "state.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077, 0u);
}

/// `name=number` lines.
std::map<std::string, int> outcomes(const std::string& text) {
  std::map<std::string, int> read;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find('=');
    if (at != std::string::npos) read[line.substr(0, at)] = std::stoi(line.substr(at + 1));
  }
  return read;
}

TEST_F(RuntimeTest, AClientThatWasTakenOverReachesNothingBeyondItsTask) {
  pai::test::write_text(folder_ / "a.csv", "id,x\n1,2\n");
  pai::test::write_text(folder_ / "secret.csv", "id,x\n1,2\n");
  task_.spec.clients[1].settings = {{"raw_data_path", "a.csv"}, {"out_data_path", "a"}};
  task_.node.datasets_root = (folder_ / "datasets").string();
  auto process = start(1, "escape");
  ASSERT_EQ(exit_code(*process), 0) << log(1);
  EXPECT_THAT(log(1), HasSubstr("client confined to its task"));
  auto said = outcomes(pai::test::read_text(folder(1) / "escape.txt"));
  for (const char* allowed : {"own-file", "read-granted", "own-limit", "thread"}) EXPECT_EQ(said.at(allowed), 0) << allowed;
  const bool has_landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
  for (const char* file : {"read-passwd", "read-secret", "write-granted", "write-beside", "read-other-process"}) {
    if (has_landlock) EXPECT_EQ(said.at(file), EACCES) << file;
  }
  for (const char* call : {"exec", "kill-parent", "kill-group", "unshare", "mount", "keyctl", "bpf", "packet-socket", "unix-socket", "chroot", "setuid",
                           "chmod", "chmodat", "chown", "utime", "xattr", "limit-parent", "slow-parent"})
    EXPECT_EQ(said.at(call), EPERM) << call;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  for (const char* call : {"fork", "ptrace", "dumpable"}) EXPECT_EQ(said.at(call), EPERM) << call;
#endif
}

}  // namespace
}  // namespace pai::client
