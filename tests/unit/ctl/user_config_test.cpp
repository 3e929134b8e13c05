// ~/.config/pai/paictl.toml: what it fills, and whom its credentials are for.
#include "ctl/user_config.h"

#include <gmock/gmock.h>

#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::ctl {
namespace {

using ::testing::HasSubstr;

class UserConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_text(file_, "master = \"https://master.example.org:8000\"\nca = \"trusted.pem\"\ncertificate = \"/etc/pai/me.pem\"\nkey = \"/etc/pai/me.key\"\ntoken_file = \"token\"\n");
  }
  test::TempFolder folder_;
  std::filesystem::path file_ = folder_ / "paictl.toml";
};

TEST_F(UserConfig, FillsWhatNobodyGave) {
  MasterOptions master;
  ASSERT_TRUE(complete(master, file_, false).ok());
  EXPECT_EQ(master.url, "https://master.example.org:8000");
  EXPECT_EQ(master.ca, (folder_ / "trusted.pem").string()) << "relative to the file's folder";
  EXPECT_EQ(master.certificate, "/etc/pai/me.pem");
  EXPECT_EQ(master.key, "/etc/pai/me.key");
  EXPECT_EQ(master.token_file, (folder_ / "token").string());
}

TEST_F(UserConfig, WhatWasGivenStays) {
  MasterOptions master{.url = "https://master.example.org:8000/", .ca = "mine.pem", .certificate = "a.pem", .key = "a.key", .token_file = {}};
  ASSERT_TRUE(complete(master, file_, true).ok());
  EXPECT_EQ(master.ca, "mine.pem");
  EXPECT_EQ(master.certificate, "a.pem");
  EXPECT_EQ(master.key, "a.key");
  EXPECT_EQ(master.token_file, "") << "a token is in the environment";
}

TEST_F(UserConfig, AnotherMasterGetsNoCredentials) {
  MasterOptions master{.url = "https://master.other.example:8000", .ca = {}, .certificate = {}, .key = {}, .token_file = {}};
  ASSERT_TRUE(complete(master, file_, false).ok());
  EXPECT_EQ(master.url, "https://master.other.example:8000");
  EXPECT_EQ(master.ca + master.certificate + master.key + master.token_file, "");
}

TEST_F(UserConfig, FaultsComeWithTheirLines) {
  test::write_text(file_, "master = \"https://m:1\"\ntokenfile = \"x\"\nca = 3\n");
  MasterOptions master;
  const auto said = complete(master, file_, false);
  ASSERT_FALSE(said.ok());
  EXPECT_EQ(said.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(said.error().describe(), HasSubstr("paictl.toml:2"));
  EXPECT_THAT(said.error().describe(), HasSubstr("token_file"));
  EXPECT_THAT(said.error().describe(), HasSubstr("paictl.toml:3"));
}

TEST_F(UserConfig, WithoutAnyMasterItSaysWhereToNameOne) {
  MasterOptions master;
  const auto said = complete(master, folder_ / "none.toml", false);
  ASSERT_FALSE(said.ok());
  EXPECT_EQ(said.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(said.error().describe() + said.error().hint(), HasSubstr("--master"));
}

}  // namespace
}  // namespace pai::ctl
