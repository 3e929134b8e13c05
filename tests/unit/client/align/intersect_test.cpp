// The join of one partition against std::set.
#include "client/align/core/intersect.h"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "client/align/core/tag_stream.h"

namespace pai::client::align {
namespace {

using Tag = std::pair<std::uint64_t, std::uint32_t>;

struct List {
  std::string bytes;
  std::vector<std::uint64_t> high;
  std::vector<Tag> tags;
};

List list_of(const std::set<Tag>& tags) {
  List list;
  for (const auto& [high, low] : tags) {
    char bytes[kTagBytes];
    store_tag({high, low, 0}, bytes);
    list.bytes.append(bytes, kTagBytes);
    list.tags.emplace_back(high, low);
  }
  EXPECT_TRUE(unpack_tags(0, {reinterpret_cast<const std::uint8_t*>(list.bytes.data()), list.bytes.size()},
                          list.high));
  return list;
}

void expect_intersection(const std::vector<std::set<Tag>>& sets) {
  std::vector<Tag> common;
  for (const auto& tag : sets[0]) {
    bool everywhere = true;
    for (const auto& set : sets) everywhere = everywhere && set.contains(tag);
    if (everywhere) common.push_back(tag);
  }
  std::vector<List> lists;
  for (const auto& set : sets) lists.push_back(list_of(set));
  std::vector<PartyTags> parties;
  for (const auto& list : lists) {
    parties.push_back(
        {{reinterpret_cast<const std::uint8_t*>(list.bytes.data()), list.bytes.size()}, list.high});
  }
  Intersector intersector;
  intersector.run(parties);  // a second run must not see the first one's state
  ASSERT_EQ(intersector.run(parties), common.size());
  for (std::size_t party = 0; party < lists.size(); ++party) {
    std::vector<Tag> found;
    for (const auto place : intersector.places(party)) found.push_back(lists[party].tags[place]);
    EXPECT_EQ(found, common) << party;
  }
}

TEST(Intersector, AgreesWithSetsOfRandomTags) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    const std::size_t parties = 2 + random() % 5;
    // Few values and few leading ones, so that leading words are equal with unlike rests.
    const std::uint64_t values = 1 + random() % 2000;
    std::vector<std::set<Tag>> sets(parties);
    for (auto& set : sets) {
      for (std::size_t i = random() % 1500; i > 0; --i) {
        const std::uint64_t value = random() % values;
        set.insert({round % 3 == 0 ? value / 7 : value << 20, static_cast<std::uint32_t>(value % 7)});
      }
    }
    expect_intersection(sets);
  }
}

TEST(Intersector, TakesEmptyAndEqualLists) {
  expect_intersection({{}, {}});
  expect_intersection({{{1, 1}}, {}});
  expect_intersection({{{1, 1}}, {{1, 1}}, {}});
  expect_intersection({{{1, 1}, {2, 2}}, {{1, 1}, {2, 2}}, {{1, 1}, {2, 2}}});
  expect_intersection({{{1, 1}, {1, 3}}, {{1, 2}, {1, 3}}});
}

TEST(Bits, StandAtTheirPlaces) {
  std::vector<std::uint8_t> bits(3);
  const std::vector<std::uint32_t> places{0, 7, 8, 17};
  set_bits(places, bits.data());
  EXPECT_EQ(bits, (std::vector<std::uint8_t>{0x81, 0x01, 0x02}));
}

}  // namespace
}  // namespace pai::client::align
