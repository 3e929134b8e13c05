// tls::load tells every fault of the three files at once, each with the file that has it. The files are made by
// scripts/make-certificates in a temporary folder and then damaged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "common/tls/tls.h"
#include "support/certificates.h"
#include "support/temp_folder.h"

namespace pai::tls {
namespace {

using ::testing::HasSubstr;
using Perms = std::filesystem::perms;

class Load : public ::testing::Test {
 protected:
  Load() : certificates_(folder_ / "certs") { certificates_.make({"node", "other"}); }

  /// All faults on one line.
  static std::string faults(const Files& files) {
    const auto loaded = load(files);
    return loaded.ok() ? "none" : loaded.error().describe();
  }

  test::TempFolder folder_;
  test::Certificates certificates_;
};

TEST_F(Load, TakesGoodFilesAndSaysWhenTheCertificateEnds) {
  auto files = certificates_.files("node");
  files.allowed_peers = {"master"};
  const auto loaded = load(files);
  ASSERT_TRUE(loaded.ok()) << loaded.error().describe();
  EXPECT_THAT(loaded->key_pem, HasSubstr("PRIVATE KEY"));
  EXPECT_EQ(loaded->allowed_peers, std::vector<std::string>{"master"});
  const auto left = loaded->not_after - std::time(nullptr);
  EXPECT_GT(left, 364 * 86'400);
  EXPECT_LE(left, 365 * 86'400);
}

TEST_F(Load, TellsAllFaultsTogether) {
  test::write_text(folder_ / "bundle.pem", "nothing\n");
  Files files;
  files.certificate = folder_ / "absent.pem";
  files.key = "";
  files.trusted = folder_ / "bundle.pem";
  const auto loaded = load(files);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code(), ErrorCode::kInvalid);
  ASSERT_EQ(loaded.error().details().size(), 3U);
  EXPECT_THAT(loaded.error().details()[0].message, HasSubstr("No such file"));
  EXPECT_THAT(loaded.error().details()[1].where, HasSubstr("tls.key"));
  EXPECT_THAT(loaded.error().details()[2].message, HasSubstr("no PEM certificate"));
}

TEST_F(Load, RefusesAKeyThatOthersCanRead) {
  for (const auto more : {Perms::group_read, Perms::others_read, Perms::group_write}) {
    std::filesystem::permissions(certificates_.key("node"), Perms::owner_read | Perms::owner_write | more);
    EXPECT_THAT(faults(certificates_.files("node")), HasSubstr("0600"));
  }
}

TEST_F(Load, RefusesTheKeyOfAnotherCertificate) {
  auto files = certificates_.files("node");
  files.key = certificates_.key("other");
  EXPECT_THAT(faults(files), HasSubstr("does not belong to the certificate"));
}

TEST_F(Load, RefusesAnExpiredCertificate) {
  certificates_.make({"late"}, {-1, {}, false});
  EXPECT_THAT(faults(certificates_.files("late")), HasSubstr("the certificate expired on 2"));
}

TEST_F(Load, RefusesABundleWithoutACa) {
  auto files = certificates_.files("node");
  files.trusted = certificates_.certificate("other");
  EXPECT_THAT(faults(files), HasSubstr("holds no CA"));
}

TEST_F(Load, RefusesAKeyWithAPasswordWithoutAskingForIt) {
  const auto key = folder_ / "locked.key";
  const std::string command = "openssl ec -aes128 -passout pass:secret -in " + certificates_.key("node").string() +
                              " -out " + key.string() + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::filesystem::permissions(key, Perms::owner_read);
  auto files = certificates_.files("node");
  files.key = key;
  EXPECT_THAT(faults(files), HasSubstr("password"));
}

TEST_F(Load, RefusesWhatIsNoFile) {
  auto files = certificates_.files("node");
  files.trusted = folder_.path();
  EXPECT_THAT(faults(files), HasSubstr("not a regular file"));
}

TEST_F(Load, RefusesGarbageAndEmptyFiles) {
  auto files = certificates_.files("node");
  test::write_text(certificates_.certificate("node"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(faults(files), HasSubstr("holds no PEM certificate"));
  test::write_text(certificates_.certificate("node"), "");
  EXPECT_THAT(faults(files), HasSubstr("is empty"));
}

TEST_F(Load, KeyStaysWithItsCopies) {
  auto material = certificates_.material("node");
  const std::string key = material.key_pem;
  auto copy = material;
  material = certificates_.material("other");
  EXPECT_EQ(copy.key_pem, key);
  EXPECT_NE(material.key_pem, key);
  copy = *&copy;
  EXPECT_EQ(copy.key_pem, key);
}

}  // namespace
}  // namespace pai::tls
