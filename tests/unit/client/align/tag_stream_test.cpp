// What a peer may send as tags and answers, and what not.
#include "client/align/core/tag_stream.h"

#include <gtest/gtest.h>

namespace pai::client::align {
namespace {

std::string tag(std::uint64_t high, std::uint32_t low) {
  std::string bytes(kTagBytes, '\0');
  store_tag({high, low, 0}, bytes.data());
  return bytes;
}

bool unpacks(std::uint32_t partition, const std::string& tags) {
  std::vector<std::uint64_t> high;
  return unpack_tags(partition, {reinterpret_cast<const std::uint8_t*>(tags.data()), tags.size()}, high);
}

TEST(Tags, MustAscendStrictlyWithinTheirPartition) {
  constexpr std::uint64_t kSecond = std::uint64_t{1} << (64 - kPartitionBits);
  EXPECT_TRUE(unpacks(0, ""));
  EXPECT_TRUE(unpacks(0, tag(0, 0)));
  EXPECT_TRUE(unpacks(0, tag(0, 1) + tag(0, 2) + tag(5, 0)));
  EXPECT_TRUE(unpacks(1, tag(kSecond, 0) + tag(2 * kSecond - 1, ~0U)));
  EXPECT_TRUE(unpacks(1023, tag(~std::uint64_t{0}, 0)));
  EXPECT_FALSE(unpacks(0, tag(1, 0) + tag(1, 0)));
  EXPECT_FALSE(unpacks(0, tag(1, 5) + tag(1, 4)));
  EXPECT_FALSE(unpacks(0, tag(2, 0) + tag(1, 9)));
  EXPECT_FALSE(unpacks(0, tag(1, 0) + tag(2, 0) + tag(1, 5) + tag(3, 0)));
  EXPECT_FALSE(unpacks(0, tag(0, 0) + tag(kSecond, 0)));
  EXPECT_FALSE(unpacks(1, tag(0, 0)));
  EXPECT_FALSE(unpacks(1, tag(2 * kSecond, 0)));
}

TEST(TagStream, TakesPartitionsInOrderUntilAllAreThere) {
  TagStream stream(3);
  CheckedBatch checked;
  const std::vector<std::uint32_t> first{1, 0, 2};
  EXPECT_EQ(stream.check({0, first, std::string(36, 'x')}, checked), std::nullopt);
  EXPECT_EQ(checked.offsets, (std::vector<std::size_t>{0, 12, 12}));
  EXPECT_EQ(stream.next_partition(), 3u);
  const std::vector<std::uint32_t> rest(kPartitions - 3, 0);
  EXPECT_EQ(stream.check({3, rest, ""}, checked), std::nullopt);
  EXPECT_TRUE(stream.complete());
  EXPECT_NE(stream.check({kPartitions, {rest.data(), 1}, ""}, checked), std::nullopt);
}

TEST(TagStream, RefusesWhatDoesNotFit) {
  CheckedBatch checked;
  const std::vector<std::uint32_t> one{1}, two{2}, huge{~0U, ~0U, 3}, many(kPartitions + 1, 0);
  const std::string tags(12, 'x');
  EXPECT_NE(TagStream(9).check({0, {}, ""}, checked), std::nullopt);
  EXPECT_NE(TagStream(9).check({1, one, tags}, checked), std::nullopt);
  EXPECT_NE(TagStream(9).check({0, two, tags}, checked), std::nullopt);
  EXPECT_NE(TagStream(9).check({0, one, tags + "x"}, checked), std::nullopt);
  EXPECT_NE(TagStream(0).check({0, one, tags}, checked), std::nullopt);
  EXPECT_NE(TagStream(~0ULL).check({0, huge, tags}, checked), std::nullopt);
  EXPECT_NE(TagStream(9).check({0, many, ""}, checked), std::nullopt);
}

TEST(AnswerStream, TakesOnlyAnswersToWhatWasSent) {
  std::vector<std::uint32_t> sent(kPartitions, 0);
  sent[0] = 9;
  sent[1] = 1;
  const std::vector<std::uint32_t> both{9, 1}, first{9}, wrong{8};
  EXPECT_EQ(AnswerStream(sent).check(0, both, "abc", 2), std::nullopt);
  EXPECT_NE(AnswerStream(sent).check(0, both, "abc", 1), std::nullopt) << "partition 1 was not sent yet";
  EXPECT_NE(AnswerStream(sent).check(0, both, "ab", 2), std::nullopt);
  EXPECT_NE(AnswerStream(sent).check(0, wrong, "a", 2), std::nullopt);
  EXPECT_NE(AnswerStream(sent).check(1, first, "ab", 2), std::nullopt);
  EXPECT_NE(AnswerStream(sent).check(0, {}, "", 2), std::nullopt);
}

}  // namespace
}  // namespace pai::client::align
