// What strangers send to the real daemons, master and node alike: smuggled requests, endless headers, slow callers, thousands that
// say nothing, pages of other sites, old TLS. After each the daemon answers others, and its memory is bounded.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "support/cluster.h"
#include "support/raw_socket.h"

namespace pai::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Attacks : public ::testing::TestWithParam<const char*> {
 protected:
  explicit Attacks(ClusterOptions options = {.nodes = 1, .insecure = true}) : cluster_(std::move(options)) {}

  bool at_master() const { return std::string(GetParam()) == "master"; }
  int port() const { return at_master() ? cluster_.master_port() : cluster_.node_port(0); }
  pid_t pid() { return at_master() ? cluster_.master().pid() : cluster_.node(0).pid(); }
  std::filesystem::path audit() const { return (at_master() ? cluster_.folder() / "master" : cluster_.node_folder(0)) / "audit.jsonl"; }

  void expect_alive() {
    EXPECT_THAT(raw_exchange(port(), "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "127.0.0.7"), HasSubstr("HTTP/1.1 200 "));
  }
  std::size_t resident_bytes() {
    std::ifstream statm("/proc/" + std::to_string(pid()) + "/statm");
    std::size_t pages = 0, resident = 0;
    statm >> pages >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }

  Cluster cluster_;
};

TEST_P(Attacks, SmuggledRequestsAreRefusedAndTheConnectionCloses) {
  const std::string start = "POST /checkTask HTTP/1.1\r\nHost: x\r\n", hidden = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& request : {
           start + "Content-Length: " + std::to_string(hidden.size()) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
           start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + hidden,
           start + "Content-Length: 0\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" + hidden,
           start + "Content-Length: 0, 0\r\n\r\n" + hidden,
           start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
           start + "Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n" + hidden,
           start + "X-A: b\r\n\tContent-Length: 5\r\n\r\n" + hidden,
           start + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n" + hidden,
           start + "Content-Length : 0\r\n\r\n" + hidden,
           start + "Content-Length: 0x0\r\n\r\n" + hidden,
       }) {
    SCOPED_TRACE(request);
    const auto answer = raw_exchange(port(), request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, testing::Not(HasSubstr("HTTP/1.1 200"))) << "the hidden one was answered";
  }
  expect_alive();
}

TEST_P(Attacks, EndlessHeadersAreCutOff) {
  const auto before = resident_bytes();
  for (int i = 0; i < 50; ++i) {
    RawSocket socket(port());
    (void)socket.send("GET /livez HTTP/1.1\r\nHost: x\r\nA: ");
    const std::string piece(8192, 'a');
    for (int sent = 0; sent < 100 && socket.send(piece); ++sent) {
    }
    EXPECT_THAT(socket.read(), AnyOf(StartsWith("HTTP/1.1 431 "), "")) << "an answer, or a reset that overtook it";
  }
  EXPECT_LT(resident_bytes(), before + (std::size_t{64} << 20));
  expect_alive();
}

TEST_P(Attacks, SlowCallersKeepNobodyWaitingAndAreCutOff) {
  std::vector<RawSocket> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(port());
    (void)slow.back().send("GET /livez HTTP/1.1\r\nHo");
  }
  expect_alive();
  EXPECT_THAT(slow.back().read(), StartsWith("HTTP/1.1 408 "));
  expect_alive();
}

TEST_P(Attacks, TenThousandIdleConnectionsShutNobodyOut) {
  constexpr int kConnections = 10'000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit before = files;
  files.rlim_cur = std::max<rlim_t>(files.rlim_cur, std::min<rlim_t>(files.rlim_max, kConnections + 500));
  if (files.rlim_cur < kConnections + 500 || ::setrlimit(RLIMIT_NOFILE, &files) != 0) {
    GTEST_SKIP() << "NOT TESTED: 10,000 connections need RLIMIT_NOFILE " << kConnections + 500 << ", the hard limit is " << files.rlim_max;
  }
  const auto memory = resident_bytes();
  {
    std::vector<RawSocket> idle;
    for (int i = 0; i < kConnections; ++i) {
      idle.emplace_back(port());
      ASSERT_TRUE(idle.back().is_open()) << i;
      if (i % 1'000 == 0) expect_alive();
    }
    expect_alive();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed for a while
    EXPECT_LT(resident_bytes(), memory + (std::size_t{128} << 20));
#endif
  }
  expect_alive();
  (void)::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_P(Attacks, PagesOfOtherSitesMayNotEvenAsk) {
  const auto answer = raw_exchange(port(), "POST /createTask HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  auto& daemon = at_master() ? cluster_.master() : cluster_.node(0);
  daemon.signal(SIGTERM);
  ASSERT_TRUE(daemon.wait(std::chrono::seconds(30)));
  EXPECT_THAT(read_text(audit()), HasSubstr(R"("path":"/createTask","decision":"refused","code":403)"));
}

std::string named(const ::testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(At, Attacks, ::testing::Values("master", "node"), named);

class TlsAttacks : public Attacks {
 protected:
  TlsAttacks() : Attacks({.nodes = 1}) {}

  struct Outcome {
    int code = -1;
    std::string text;
  };
  Outcome s_client(const std::string& flags, const std::string& input) {
    const auto certs = (cluster_.folder() / "certs").string(), log = (cluster_.folder() / "s_client.log").string();
    const int status = std::system(("( " + input + " ) | timeout 20 openssl s_client -connect 127.0.0.1:" + std::to_string(port()) + " -CAfile " + certs +
                                    "/ca.pem -cert " + certs + "/user.pem -key " + certs + "/user.key " + flags + " >" + log + " 2>&1").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(log)};
  }
  void expect_served() { EXPECT_EQ(at_master() ? cluster_.get("/livez").status : cluster_.ask_node(0, http::Method::kGet, "/livez").status, 200); }
};

TEST_P(TlsAttacks, OldProtocolsAreRefused) {
  for (const char* old : {"-tls1_2", "-tls1_1 -cipher ALL:@SECLEVEL=0", "-tls1 -cipher ALL:@SECLEVEL=0"}) {
    const auto outcome = s_client(old, "echo Q");
    EXPECT_NE(outcome.code, 0) << old;
    EXPECT_THAT(outcome.text, testing::Not(HasSubstr("Verification: OK\n---\nNew, TLSv1.2"))) << old;
  }
  EXPECT_EQ(s_client("-tls1_3", "echo Q").code, 0);
  expect_served();
}

TEST_P(TlsAttacks, RenegotiationIsRefused) {
  const auto outcome = s_client("", "sleep 1; echo R; sleep 1; echo Q");
  EXPECT_THAT(outcome.text, HasSubstr("TLSv1.3")) << "connected";
  EXPECT_THAT(outcome.text, AnyOf(HasSubstr("wrong ssl version"), HasSubstr("no renegotiation"))) << outcome.text;
  expect_served();
}

INSTANTIATE_TEST_SUITE_P(At, TlsAttacks, ::testing::Values("master", "node"), named);

}  // namespace
}  // namespace pai::test
