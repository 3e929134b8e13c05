// Settings: ranges of ports, and what only several settings together show.
#include "node/settings.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

Result<Settings> read(std::vector<std::string> arguments) {
  const auto invocation = config::read(declaration(), arguments);
  if (!invocation.ok()) return invocation.error();
  return settings_from(invocation->values);
}

const std::vector<std::string> kMinimal = {"--name",     "n",  "--listen",  "127.0.0.1:0",
                                           "--data-dir", "/d", "--insecure"};

std::vector<std::string> minimal_and(std::vector<std::string> more) {
  more.insert(more.begin(), kMinimal.begin(), kMinimal.end());
  return more;
}

TEST(PortRange, ReadsRangesAndSinglePorts) {
  const auto range = parse_port_range("30000-30999");
  ASSERT_TRUE(range.ok());
  EXPECT_TRUE(range->contains(30000) && range->contains(30999));
  EXPECT_FALSE(range->contains(29999) || range->contains(31000));
  EXPECT_EQ(*parse_port_range("7"), (PortRange{7, 7}));
  for (const char* bad : {"", "-", "9-3", "0-5", "1-", "-5", "1-70000", "a-b", "1-2-3", " 1-2", "1 - 2"}) {
    EXPECT_FALSE(parse_port_range(bad).ok()) << bad;
  }
}

TEST(Settings, FoldersLieBelowTheDataFolderUnlessGiven) {
  const auto settings = read(kMinimal);
  ASSERT_TRUE(settings.ok()) << settings.error().describe();
  EXPECT_EQ(settings->raw_dir, "/d/raw");
  EXPECT_EQ(settings->datasets_dir, "/d/datasets");
  EXPECT_EQ(settings->tasks_dir, "/d/tasks");
  EXPECT_EQ(settings->staging_dir, "/d/staging");
  const auto moved = read(minimal_and({"--raw-dir", "/elsewhere"}));
  ASSERT_TRUE(moved.ok()) << moved.error().describe();
  EXPECT_EQ(moved->raw_dir, "/elsewhere");
}

TEST(Settings, FoldersMustBeSeparate) {
  const test::TempFolder folder;
  std::filesystem::create_directories(folder / "a/b");
  std::filesystem::create_directory_symlink(folder / "a/b", folder / "link");
  const std::string a = (folder / "a").string();
  const std::string link = (folder / "link").string();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--staging-dir", "/d/datasets"},
           {"--tasks-dir", "/d/raw/"},
           {"--datasets-dir", "/d/raw/datasets"},
           {"--raw-dir", "/d"},
           {"--raw-dir", a, "--staging-dir", link},
           {"--raw-dir", link, "--tasks-dir", a + "/b/not/there/yet"},
       }) {
    EXPECT_FALSE(read(minimal_and(arguments)).ok()) << arguments[1];
  }
  EXPECT_TRUE(read(minimal_and({"--raw-dir", "/d/raw2", "--tasks-dir", "/d/raw3"})).ok());
}

TEST(Settings, DefaultsAreTheContractsOnes) {
  const auto settings = read(kMinimal);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->computation_ports, (PortRange{1024, 65535}));
  EXPECT_EQ(settings->computation_bind, "127.0.0.1");
  EXPECT_EQ(settings->share_logs, ShareLogs::kFull);
  EXPECT_EQ(settings->share_ledger, ShareLedger::kFull);
  EXPECT_EQ(settings->prepare_expiry, std::chrono::seconds(60));
  EXPECT_EQ(settings->stop_grace, std::chrono::seconds(5));
  EXPECT_TRUE(settings->client_program.ends_with("/pai-client"));
}

TEST(Settings, LimitsOfClientsAreOffUnlessGivenAndTooLittleIsAFault) {
  const auto off = read(kMinimal);
  ASSERT_TRUE(off.ok());
  EXPECT_EQ(off->limits, ClientLimits());
  EXPECT_EQ(off->launcher, Launcher::kAuto);
  const auto given = read(minimal_and({"--limits-process-memory-bytes-max", "1073741824", "--limits-cpu-cores-max", "1.5", "--limits-run-seconds-max", "0.5",
                                       "--limits-disk-bytes-max", "1048576", "--launcher", "local"}));
  ASSERT_TRUE(given.ok()) << given.error().describe();
  EXPECT_EQ(given->limits, (ClientLimits{std::uint64_t{1} << 30, 1.5, 0.5, 1 << 20}));
  EXPECT_EQ(given->memory_bytes_max, std::uint64_t{1} << 28) << "tables are read twice before they meet the limit";
  EXPECT_EQ(given->launcher, Launcher::kLocal);
  const auto little = read(minimal_and({"--limits-process-memory-bytes-max", "1000", "--limits-disk-bytes-max", "1000", "--limits-cpu-cores-max", "0.001"}));
  ASSERT_FALSE(little.ok());
  EXPECT_EQ(little.error().details().size(), 3U) << "all at once";
  EXPECT_FALSE(read(minimal_and({"--limits-run-seconds-max", "-1"})).ok());
}

TEST(Settings, TheOwnerSaysHowMuchOfItsLedgersIsShared) {
  EXPECT_EQ(read(minimal_and({"--share-ledger", "none"}))->share_ledger, ShareLedger::kNone);
  EXPECT_EQ(read(minimal_and({"--share-ledger", "totals"}))->share_ledger, ShareLedger::kTotals);
  EXPECT_FALSE(read(minimal_and({"--share-ledger", "some"})).ok());
}

TEST(Settings, InsecureIsForLoopbackAddressesOnly) {
  EXPECT_FALSE(read({"--name", "n", "--listen", "10.1.2.3:1", "--data-dir", "/d", "--insecure"}).ok());
  EXPECT_FALSE(read(minimal_and({"--computation-bind", "0.0.0.0"})).ok());
  EXPECT_TRUE(read({"--name", "n", "--listen", "[::1]:1", "--data-dir", "/d", "--insecure"}).ok());
}

TEST(Settings, WithoutCertificatesInsecureMustBeSaid) {
  const auto settings = read({"--name", "n", "--listen", "127.0.0.1:1", "--data-dir", "/d"});
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.error().describe().find("--insecure"), std::string::npos);
}

TEST(Settings, SharedLogsAreErrorsOnlyWithTls) {
  const auto settings = read({"--name", "n", "--listen", "127.0.0.1:1", "--data-dir", "/d",
                              "--tls-certificate", "/c", "--tls-key", "/k", "--tls-trusted", "/t"});
  ASSERT_TRUE(settings.ok()) << settings.error().describe();
  EXPECT_EQ(settings->share_logs, ShareLogs::kErrors);
}

}  // namespace
}  // namespace pai::node
