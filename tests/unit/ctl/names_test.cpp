// Names that go into certificates, and those that never may.
#include "ctl/pki/names.h"

#include <gmock/gmock.h>

namespace pai::ctl::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Names, HostNameIsCommonNameAndAlternativeName) {
  const auto names = names_from("node-a", {"node-a.bank.example", "10.0.0.5", "::1"});
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->common_name, "node-a");
  EXPECT_THAT(names->hosts, ElementsAre("node-a", "node-a.bank.example"));
  EXPECT_THAT(names->addresses, ElementsAre("10.0.0.5", "::1"));
}

TEST(Names, PersonsNameIsTheCommonNameAlone) {
  const auto names = names_from("alice@bank", {});
  ASSERT_TRUE(names.ok());
  EXPECT_FALSE(names->has_alternatives());
}

TEST(Names, AddressIsNoHost) {
  const auto names = names_from("10.0.0.5", {});
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(names->hosts, IsEmpty());
  EXPECT_THAT(names->addresses, ElementsAre("10.0.0.5"));
}

TEST(Names, SameNameInOtherFormsStandsOnce) {
  const auto names = names_from("node", {"NODE", "node", "::1", "0:0:0:0:0:0:0:1"});
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(names->hosts, ElementsAre("node"));
  EXPECT_THAT(names->addresses, ElementsAre("::1"));
}

TEST(Names, RefusesOddCommonNames) {
  for (const std::string& name :
       {std::string(), std::string("*"), std::string("*.bank.example"), std::string("a b"),
        std::string("../ca"), std::string("a/b"), std::string(".hidden"), std::string("-flag"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("b\xC3\xA4nk"), std::string(65, 'a'),
        std::string("a,CN=b"), std::string("::1")}) {
    EXPECT_FALSE(names_from(name, {}).ok()) << name;
  }
}

TEST(Names, RefusesOddAlternativeNames) {
  for (const std::string& name :
       {std::string(), std::string("*.bank.example"), std::string("10.0.0.256"), std::string("1.2.3"),
        std::string("a_b"), std::string("-a"), std::string("a-"), std::string("a..b"), std::string("a."),
        std::string(".a"), std::string("a b"), std::string("10.0.0.5\0.evil", 14), std::string("a\0b", 3),
        std::string("DNS:a"), std::string("::1%lo"), std::string(64, 'a'), std::string("10.0.0.0/8")}) {
    EXPECT_FALSE(names_from("node", {name}).ok()) << name;
  }
}

TEST(Names, AllFaultsAreToldAtOnce) {
  const auto names = names_from("a b", {"*.x", "1.2.3"});
  ASSERT_FALSE(names.ok());
  EXPECT_EQ(names.error().details().size(), 3u);
  EXPECT_THAT(names.error().describe(), HasSubstr("wildcard"));
}

TEST(Names, TooManyAreRefused) {
  std::vector<std::string> many;
  for (std::size_t i = 0; i < kAlternativesMax; ++i) many.push_back("host" + std::to_string(i));
  EXPECT_TRUE(names_from("host0", many).ok());
  EXPECT_FALSE(names_from("one-more", many).ok());
}

TEST(Names, HostNamesHaveTheirLengths) {
  EXPECT_TRUE(is_host_name(std::string(63, 'a') + ".b"));
  EXPECT_FALSE(is_host_name(std::string(64, 'a') + ".b"));
  std::string longest;
  while (longest.size() < 252) longest += "a.";
  EXPECT_TRUE(is_host_name(longest + "a"));
  EXPECT_FALSE(is_host_name(longest + "aa.a"));
}

TEST(AuthorityName, IsFreeTextWithoutControls) {
  EXPECT_TRUE(check_authority_name("Bank A").ok());
  EXPECT_TRUE(check_authority_name("银行甲").ok());
  EXPECT_FALSE(check_authority_name("").ok());
  EXPECT_FALSE(check_authority_name("a\nb").ok());
  EXPECT_FALSE(check_authority_name("\xFF").ok());
  EXPECT_FALSE(check_authority_name(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace pai::ctl::pki
