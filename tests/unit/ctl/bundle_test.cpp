// Only CAs may be believed, each once.
#include "ctl/pki/bundle.h"

#include <gmock/gmock.h>

#include <ctime>

#include "ctl/pki/authority.h"
#include "ctl/pki/pem.h"

namespace pai::ctl::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BundleTest : public ::testing::Test {
 protected:
  std::string authority(const std::string& name, int days = 100) const {
    return *make_authority(*make_key(KeyType::kP256), name, {now_, days});
  }
  const std::int64_t now_ = std::time(nullptr);
};

TEST_F(BundleTest, HoldsEachCaInOrder) {
  const auto bundle = make_bundle({{"a.pem", authority("Bank A")}, {"b.pem", authority("Insurer B")}}, now_);
  ASSERT_TRUE(bundle.ok());
  EXPECT_THAT(bundle->notes, IsEmpty());
  const auto all = certificates_from(bundle->pem);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(tls::identity_of(all->front().get()).common_name, "Bank A");
  EXPECT_EQ(bundle->members[1].name, "CN=Insurer B");
}

TEST_F(BundleTest, TakesABundleAsAnInputAndLeavesDuplicatesOut) {
  const std::string a = authority("Bank A"), b = authority("Insurer B");
  const auto first = make_bundle({{"a.pem", a}, {"b.pem", b}}, now_);
  const auto bundle =
      make_bundle({{"both.pem", first->pem}, {"a.pem", a}, {"c.pem", authority("Shop C")}}, now_);
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->members.size(), 3u);
  EXPECT_THAT(bundle->notes, ElementsAre(HasSubstr("a.pem: CN=Bank A is there already")));
}

TEST_F(BundleTest, RefusesAPartysCertificateAndTellsAllFaults) {
  Key key = *make_key(KeyType::kP256);
  const std::string pem = *make_authority(key, "Bank A", {now_, 100});
  const Authority ca = *Authority::read(pem, std::move(key));
  const auto issued = ca.issue(*make_key(KeyType::kP256), *names_from("node-a", {}), {now_, 10});
  const auto bundle = make_bundle({{"a.pem", pem}, {"n.pem", issued->pem}, {"x.pem", "nothing"}}, now_);
  ASSERT_FALSE(bundle.ok());
  EXPECT_THAT(bundle.error().describe(), HasSubstr("none of a CA"));
  EXPECT_EQ(bundle.error().details().size(), 2u);
  EXPECT_FALSE(make_bundle({{"chain.pem", pem + issued->pem}}, now_).ok());
}

TEST_F(BundleTest, WarnsOfAnExpiredCaAndOfTwoOfOneName) {
  const auto old = *make_authority(*make_key(KeyType::kP256), "Bank A", {now_ - 20 * 86'400, 10});
  const auto bundle = make_bundle({{"old.pem", old}, {"new.pem", authority("Bank A")}}, now_);
  ASSERT_TRUE(bundle.ok());
  EXPECT_THAT(bundle->notes,
              ElementsAre(HasSubstr("expired on"), HasSubstr("another CA of the bundle is called")));
}

TEST_F(BundleTest, BrokenBlockIsNotPassedOverSilently) {
  std::string pem = authority("Bank A") + authority("Insurer B");
  pem[pem.size() - 60] = '!';
  EXPECT_FALSE(make_bundle({{"a.pem", pem}}, now_).ok());
}

}  // namespace
}  // namespace pai::ctl::pki
