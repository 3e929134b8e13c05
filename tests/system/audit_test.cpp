// The audit log of the real daemons: paictl finds any edit, cut or reordering; a master whose disk is full changes nothing and says why.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "support/cluster.h"
#include "support/raw_socket.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string text;
};

Outcome verify(const TempFolder& folder, const std::string& files) {
  const auto log = folder / "verify.log";
  const int status = std::system((std::string(PAI_BIN_DIR) + "/paictl audit verify " + files + " >" + log.string() + " 2>&1").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(log)};
}

TEST(Audit, OfADaemonIsVerifiedAndAnEditIsFound) {
  const TempFolder folder;
  Cluster cluster({.nodes = 1, .master_config = "audit.file_bytes_max = 65536\n"});
  for (int i = 0; i < 300; ++i) EXPECT_EQ(cluster.post("/stopTask?task_name=nobody" + std::to_string(i)).status, 404);
  cluster.master().kill();
  const auto data = cluster.folder() / "master";
  const auto sound = verify(folder, data.string());
  EXPECT_EQ(sound.code, 0) << sound.text;
  EXPECT_THAT(sound.text, HasSubstr("audit-000001.jsonl: sound"));
  EXPECT_THAT(read_text(data / "audit.jsonl") + read_text(data / "audit-000001.jsonl"), HasSubstr("nobody299")) << "the last line before SIGKILL";

  auto text = read_text(data / "audit-000001.jsonl");
  const auto original = text;
  text.replace(text.find("nobody7\""), 8, "nobody8\"");
  write_text(data / "audit-000001.jsonl", text);
  const auto edited = verify(folder, data.string());
  EXPECT_EQ(edited.code, 1);
  EXPECT_THAT(edited.text, HasSubstr("audit-000001.jsonl: line 8 of the audit log"));
  write_text(data / "audit-000001.jsonl", original.substr(0, original.rfind('\n', original.size() - 2) + 1));
  EXPECT_EQ(verify(folder, data.string()).code, 1) << "its last line is gone";
  write_text(data / "audit-000001.jsonl", original);
  cluster.start_master();
  EXPECT_EQ(cluster.post("/stopTask?task_name=again").status, 404);
  EXPECT_EQ(verify(folder, data.string()).code, 0) << "the chain goes on after a restart";
}

TEST(Audit, HasALineForEachReload) {
  Cluster cluster({.nodes = 1});
  for (const auto& [process, name] : {std::pair(&cluster.master(), std::string("master")), std::pair(&cluster.node(0), std::string("node0"))}) {
    const auto log = cluster.folder() / name / "audit.jsonl";
    EXPECT_THAT(read_text(log), ::testing::Not(HasSubstr("SIGHUP")));
    ASSERT_EQ(::kill(process->pid(), SIGHUP), 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read_text(log).find("SIGHUP") == std::string::npos && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_THAT(read_text(log), HasSubstr(R"("who":"operator","credential":"signal")"));
    EXPECT_THAT(read_text(log), HasSubstr(R"("method":"SIGHUP","path":"reload","decision":"done")"));
  }
}

TEST(Audit, ThatCannotBeWrittenStopsChangesAndNothingElse) {
  const TempFolder folder;
  const auto disk = folder / "disk";
  std::filesystem::create_directories(disk);
  if (std::system(("unshare -m mount -t tmpfs -o size=1m tmpfs " + disk.string() + " >/dev/null 2>&1").c_str()) != 0) {
    GTEST_SKIP() << "NOT TESTED: a small disk needs the right to mount one";
  }
  const int port = free_port();
  Process master({"/usr/bin/unshare", "-m", "/bin/sh", "-c", R"(mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@")", disk.string(),
                  std::string(PAI_BIN_DIR) + "/pai-master", "--insecure", "--listen", "127.0.0.1:" + std::to_string(port), "--data-dir", (disk / "data").string()},
                 folder / "master.log");
  const std::string get = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", stop = "POST /stopTask?task_name=t HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 3000 && !RawSocket(port).is_open(); ++i) ::usleep(10'000);
  EXPECT_THAT(raw_exchange(port, stop), StartsWith("HTTP/1.1 404 "));

  // Its mount is seen by nobody else but through the process.
  const auto fill = "/proc/" + std::to_string(master.pid()) + "/root" + (disk / "fill").string();
  {
    std::ofstream file(fill);
    const std::string piece(4096, 'x');
    while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  // What was reserved before lasts for a while.
  std::string answer;
  for (int i = 0; i < 3000 && answer.find(" 503 ") == std::string::npos; ++i) answer = raw_exchange(port, stop);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("the audit log cannot be written, so nothing may be changed"));
  EXPECT_THAT(raw_exchange(port, "GET /livez" + get), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(raw_exchange(port, "GET /metrics" + get), HasSubstr("pai_audit_writable 0"));
  EXPECT_THAT(read_text(folder / "master.log"), HasSubstr("the audit log cannot be written; changes are refused"));

  ASSERT_EQ(::truncate(fill.c_str(), 0), 0);
  EXPECT_THAT(raw_exchange(port, stop), StartsWith("HTTP/1.1 404 ")) << "there is room again";
  EXPECT_THAT(raw_exchange(port, "GET /metrics" + get), HasSubstr("pai_audit_writable 1"));
  const auto checked = verify(folder, "/proc/" + std::to_string(master.pid()) + "/root" + (disk / "data").string());
  EXPECT_EQ(checked.code, 0) << checked.text;
}

}  // namespace
}  // namespace pai::test
