#include "client/ristretto/group_cipher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace pai::client::ristretto {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

std::vector<std::string> make_ids(std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("id-" + std::to_string(i));
  return ids;
}

GroupCipher make_cipher(std::string_view context = "task", GroupCipherOptions options = {}) {
  auto cipher = GroupCipher::create(context, options);
  EXPECT_TRUE(cipher.ok());
  return std::move(cipher).value();
}

Bytes hashed(const GroupCipher& cipher, const std::vector<std::string>& ids) {
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  Bytes out(ids.size() * kPointBytes);
  EXPECT_TRUE(cipher.hash_and_blind(views, out).ok());
  return out;
}

Bytes blinded(const GroupCipher& cipher, const Bytes& points) {
  Bytes out(points.size());
  const Status status = cipher.blind(points, out);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().describe());
  return out;
}

class GroupCipherTest : public ::testing::TestWithParam<KernelChoice> {
 protected:
  GroupCipher cipher(std::string_view context = "task", unsigned threads = 2) const {
    return make_cipher(context, {.threads = threads, .kernel = GetParam()});
  }
};

TEST_P(GroupCipherTest, ThreeCiphersGiveTheSameElementInAnyOrder) {
  const auto ids = make_ids(100);
  const GroupCipher a = cipher(), b = cipher(), c = cipher();
  const Bytes abc = blinded(c, blinded(b, hashed(a, ids)));
  EXPECT_EQ(abc, blinded(a, blinded(b, hashed(c, ids))));
  EXPECT_EQ(abc, blinded(c, blinded(a, hashed(b, ids))));
}

TEST_P(GroupCipherTest, KernelsCanBeMixedBetweenParties) {
  const auto ids = make_ids(100);
  const GroupCipher a = cipher();
  const GroupCipher b = make_cipher("task", {.threads = 1, .kernel = KernelChoice::kSodium});
  EXPECT_EQ(blinded(b, hashed(a, ids)), blinded(a, hashed(b, ids)));
}

TEST_P(GroupCipherTest, ElementsDifferBetweenIdsContextsAndExponents) {
  const std::vector<std::string> ids = {
      "", "a", "b", "ab", std::string("a\0b", 3), "身份证", std::string(5000, 'x')};
  const GroupCipher one = cipher();
  const GroupCipher other = cipher();
  std::set<Bytes> seen;
  for (const Bytes& all : {hashed(one, ids), hashed(other, ids)}) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      seen.insert(Bytes(all.begin() + kPointBytes * i, all.begin() + kPointBytes * (i + 1)));
    }
  }
  EXPECT_EQ(seen.size(), 2 * ids.size());

  // The contexts "t" + "ask…" and "ta" + "sk…" must not run together with what follows.
  const GroupCipher x = cipher("t"), y = cipher("ta");
  EXPECT_NE(blinded(y, hashed(x, {"a1"})), blinded(x, hashed(y, {"1"})));
  EXPECT_NE(blinded(y, hashed(x, {"1"})), blinded(x, hashed(y, {"1"})));
}

TEST_P(GroupCipherTest, ThreadsAndSizesDoNotChangeTheResult) {
  const GroupCipher key = cipher("task", 1);
  const auto all_ids = make_ids(2100);
  const Bytes all = hashed(key, all_ids);
  for (std::size_t count : {0, 1, 7, 8, 9, 31, 33, 63, 65, 1023, 1024, 1025, 2100}) {
    const std::vector<std::string> ids(all_ids.begin(), all_ids.begin() + count);
    EXPECT_EQ(hashed(key, ids), Bytes(all.begin(), all.begin() + kPointBytes * count)) << count;
  }
  const GroupCipher parallel = cipher("task", 5);
  const Bytes twice = blinded(parallel, all);
  for (std::size_t first : {0, 1, 500, 2099}) {
    const Bytes one(all.begin() + kPointBytes * first, all.begin() + kPointBytes * (first + 1));
    EXPECT_EQ(blinded(parallel, one),
              Bytes(twice.begin() + kPointBytes * first, twice.begin() + kPointBytes * (first + 1)));
  }
}

TEST_P(GroupCipherTest, WorksInPlace) {
  const GroupCipher key = cipher();
  Bytes points = hashed(key, make_ids(1500));
  const Bytes expected = blinded(key, points);
  ASSERT_TRUE(key.blind(points, points).ok());
  EXPECT_EQ(points, expected);
}

TEST_P(GroupCipherTest, NamesTheFirstElementThatIsNotCanonical) {
  const GroupCipher key = cipher("task", 4);
  Bytes points = hashed(key, make_ids(4000));
  for (std::size_t index : {3999u, 2500u, 1024u, 1023u, 9u, 0u}) {
    points[kPointBytes * index] |= 1;  // a negative field element is nobody's encoding
    Bytes out(points.size());
    const Status status = key.blind(points, out);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kProtocol);
    EXPECT_EQ(status.error().message(),
              "group element " + std::to_string(index) + " is not a canonical ristretto255 encoding");
  }
}

TEST_P(GroupCipherTest, RefusesTheIdentity) {
  const GroupCipher key = cipher();
  Bytes points = hashed(key, make_ids(20));
  std::fill_n(points.begin() + kPointBytes * 13, kPointBytes, 0);
  const Status apart = [&] {
    Bytes out(points.size());
    return key.blind(points, out);
  }();
  ASSERT_FALSE(apart.ok());
  EXPECT_EQ(apart.error().code(), ErrorCode::kProtocol);
  EXPECT_EQ(apart.error().message(), "group element 13 is the identity");
  const Status in_place = key.blind(points, points);
  ASSERT_FALSE(in_place.ok());
  EXPECT_EQ(in_place.error().message(), "group element 13 is the identity");
}

TEST_P(GroupCipherTest, RefusesATruncatedElement) {
  const GroupCipher key = cipher();
  Bytes points = hashed(key, make_ids(2));
  points.pop_back();
  Bytes out(points.size());
  const Status status = key.blind(points, out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kProtocol);
  EXPECT_THAT(status.error().message(), HasSubstr("63 bytes"));
}

TEST_P(GroupCipherTest, ProgressGrowsToTheTotalOnTheCallersThread) {
  const GroupCipher key = cipher("task", 3);
  const auto ids = make_ids(5000);
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  Bytes out(ids.size() * kPointBytes);
  std::vector<std::size_t> seen;
  const auto caller = std::this_thread::get_id();
  ASSERT_TRUE(key.hash_and_blind(views, out,
                                 [&](std::size_t done) {
                                   EXPECT_EQ(std::this_thread::get_id(), caller);
                                   seen.push_back(done);
                                   return true;
                                 })
                  .ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), ids.size()), 1);
  EXPECT_EQ(seen.back(), ids.size());
}

TEST_P(GroupCipherTest, ProgressCanStopTheWork) {
  const GroupCipher key = cipher("task", 1);
  const Bytes points = hashed(key, make_ids(5000));
  Bytes out(points.size());
  std::size_t calls = 0;
  const Status status = key.blind(points, out, [&](std::size_t) { return ++calls < 2; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(calls, 2u);
}

TEST_P(GroupCipherTest, AMovedCipherKeepsItsExponent) {
  GroupCipher first = cipher();
  const Bytes before = hashed(first, {"a"});
  const GroupCipher second = std::move(first);
  EXPECT_EQ(hashed(second, {"a"}), before);
}

static_assert(!std::is_copy_constructible_v<GroupCipher> && !std::is_copy_assignable_v<GroupCipher>);

INSTANTIATE_TEST_SUITE_P(Kernels, GroupCipherTest,
                         ::testing::Values(KernelChoice::kSodium, KernelChoice::kFastest),
                         [](const auto& each) {
                           return each.param == KernelChoice::kSodium ? "Sodium" : "Fastest";
                         });

}  // namespace
}  // namespace pai::client::ristretto
