// What an operator reads is what to do next, and can be pasted.
#include "ctl/words.h"

#include <gmock/gmock.h>

namespace pai::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

pki::Issued issued(const std::string& name, const std::vector<std::string>& sans) {
  return {.pem = "",
          .names = *pki::names_from(name, sans),
          .fingerprint = "sha256:ab",
          .not_after = 1'830'000'000,
          .shortened = false};
}

TEST(Words, OfACaSayWhatToGiveAndWhatToKeep) {
  const auto text =
      words_for_authority("Bank A", "sha256:ab", 1'830'000'000, "ca", {"/x/ca.pem", "/x/ca.key"});
  EXPECT_THAT(text, HasSubstr("Give ca.pem to the other parties"));
  EXPECT_THAT(text, HasSubstr("Keep ca.key offline"));
}

TEST(Words, OfACertificateHaveTheLinesOfTheConfiguration) {
  const auto text =
      words_for_issued(issued("node-a", {"node-a.bank.example"}), {"/x/node-a.pem", "/x/node-a.key"});
  EXPECT_THAT(
      text,
      HasSubstr(
          "[tls]\n  certificate = \"/etc/pai/node-a.pem\"\n  key = \"/etc/pai/node-a.key\"\n  trusted = "));
  EXPECT_THAT(text, HasSubstr("identity = \"node-a\""));
  EXPECT_THAT(text, HasSubstr("until 2027-12-28"));
  EXPECT_THAT(text, Not(HasSubstr("note:")));
}

TEST(Words, NameTheOneThatTheDaemonsKnow) {
  // With alternative names the common name counts for nothing (see tls::matches).
  const auto text = words_for_issued(issued("node_a", {"node-a.bank.example"}), {});
  EXPECT_THAT(text, HasSubstr("identity = \"node-a.bank.example\""));
  EXPECT_THAT(text, HasSubstr("note: 'node_a' is no host name"));
  EXPECT_THAT(words_for_issued(issued("alice@bank", {}), {}), HasSubstr("allowed_peers = [\"alice@bank\"]"));
}

TEST(Words, OfASignedRequestSayWhatWasAskedFor) {
  const auto text = words_for_signed(issued("node-b", {"10.0.0.7"}), {"extension keyUsage"}, "/x/node-b.pem");
  EXPECT_THAT(text, HasSubstr("asked for: node-b; node-b, 10.0.0.7\n"));
  EXPECT_THAT(text, HasSubstr("asked for and left out: extension keyUsage\n"));
}

}  // namespace
}  // namespace pai::ctl
