// What a certificate says it is, and which names and fingerprints it answers to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tls/tls.h"
#include "support/certificates.h"
#include "support/temp_folder.h"

namespace pai::tls {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

PeerIdentity example() {
  PeerIdentity identity;
  identity.fingerprint = "sha256:" + std::string(64, 'a');
  identity.common_name = "Node-Bank";
  identity.names = {"bank.example", "10.0.0.1", "::1"};
  return identity;
}

TEST(Identity, IsReadFromTheCertificate) {
  const test::TempFolder folder;
  const test::Certificates certificates(folder / "certs");
  certificates.make({"bank"}, {365, {"10.1.2.3", "fe80::7", "bank.example"}, false});
  const auto identity = identity_of_pem(test::read_text(certificates.certificate("bank")));
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->common_name, "bank");
  for (const char* name : {"bank", "localhost", "127.0.0.1", "::1", "10.1.2.3", "fe80::7", "bank.example"}) {
    EXPECT_THAT(identity->names, Contains(name));
  }
  EXPECT_THAT(identity->fingerprint, StartsWith("sha256:"));
  EXPECT_EQ(identity->fingerprint.size(), 7U + 64U);
  EXPECT_GT(identity->not_after, 0);
}

TEST(Identity, OfWhatIsNoCertificateIsAnError) {
  const auto identity = identity_of_pem("not a certificate");
  ASSERT_FALSE(identity.ok());
  EXPECT_EQ(identity.error().code(), ErrorCode::kInvalid);
}

TEST(Identity, AnswersToItsNamesAndFingerprint) {
  const std::string fingerprint = "sha256:" + std::string(64, 'a');
  std::string with_colons = "SHA256:AA";
  for (int i = 1; i < 32; ++i) with_colons += ":AA";
  for (const std::string& name : {std::string("BANK.example"), std::string("10.0.0.1"),
                                  std::string("0:0:0:0:0:0:0:1"), fingerprint, with_colons}) {
    EXPECT_TRUE(matches(example(), name)) << name;
  }
}

TEST(Identity, AnswersToNothingElse) {
  for (const std::string& name :
       {std::string(), std::string("node-bank"), std::string("bank"), std::string("bank.example.org"), std::string("10.0.0.10"), std::string("::2"),
        std::string("sha256:"), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'b'),
        std::string(64, 'a')}) {
    EXPECT_FALSE(matches(example(), name)) << name;
  }
  PeerIdentity only_common;
  only_common.common_name = "node-bank";
  EXPECT_TRUE(matches(only_common, "Node-Bank")) << "the common name counts where no alternative name stands";
  PeerIdentity nameless;
  nameless.fingerprint = example().fingerprint;
  EXPECT_FALSE(matches(nameless, ""));
}

TEST(Identity, IsAllowedByAnEmptyListOrByOneOfItsEntries) {
  EXPECT_TRUE(is_allowed(example(), {}));
  EXPECT_TRUE(is_allowed(example(), {"other", "bank.example"}));
  EXPECT_FALSE(is_allowed(example(), {"other"}));
}

}  // namespace
}  // namespace pai::tls
