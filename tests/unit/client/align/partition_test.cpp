// Scattering, sorting and keeping lines by partition.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "client/align/core/line_store.h"
#include "client/align/core/partition_sort.h"
#include "client/align/core/partition_store.h"

namespace pai::client::align {
namespace {

std::vector<TagRow> random_tags(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<TagRow> tags;
  for (std::size_t i = 0; i < count; ++i)
    tags.push_back({random(), static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(i)});
  return tags;
}

void expect_sorted(std::vector<TagRow> tags) {
  PartitionStore store;
  for (std::size_t at = 0; at < tags.size(); at += 100) {
    ASSERT_TRUE(store.add(std::span(tags).subspan(at, std::min<std::size_t>(100, tags.size() - at))).ok());
  }
  EXPECT_EQ(store.size(), tags.size());
  std::stable_sort(tags.begin(), tags.end(), [](const TagRow& a, const TagRow& b) { return a.tag_below(b); });
  PartitionSorter sorter;
  std::vector<TagRow> unsorted;
  auto expected = tags.begin();
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    store.copy(partition, unsorted);
    EXPECT_EQ(unsorted.size(), store.count(partition));
    for (const TagRow& row : sorter.sort(unsorted)) {
      ASSERT_TRUE(expected != tags.end());
      EXPECT_EQ(row.partition(), partition);
      EXPECT_TRUE(row.same_tag(*expected) && row.row == expected->row);
      ++expected;
    }
  }
  EXPECT_TRUE(expected == tags.end());
}

TEST(Partitions, SortRandomTags) {
  for (const std::size_t count : {0u, 1u, 5u, 1000u, 200000u}) expect_sorted(random_tags(count, 1));
}

TEST(Partitions, SortSkewedTagsAndKeepTheOrderOfEqualOnes) {
  auto tags = random_tags(50000, 2);
  for (auto& tag : tags)
    tag.high = (tag.high % 3) << 20 | 7;  // one partition, one bucket, three leading words
  for (auto& tag : tags) tag.low %= 5;
  expect_sorted(tags);
  for (auto& tag : tags) tag.high = 0, tag.low = 0;
  expect_sorted(tags);
}

TEST(LineStore, KeepsLinesOfEverySizeAndTheirOrder) {
  std::mt19937 random(3);
  for (const std::uint64_t expected_bytes :
       {std::uint64_t{0}, std::uint64_t{1} << 20, std::uint64_t{1} << 33}) {
    LineStore store(expected_bytes);
    struct Kept {
      std::uint32_t partition, reference;
      std::string line;
    };
    std::vector<Kept> kept;
    std::map<std::uint32_t, std::uint32_t> last;
    for (int i = 0; i < 20000; ++i) {
      const std::size_t size = i % 997 == 0 ? 100000 + random() % 100000 : 1 + random() % 90;
      std::string line(size, static_cast<char>('a' + i % 26));
      const std::size_t readable = i % 2 == 0 ? line.size() : line.size() + 64;
      const std::string padded = line + std::string(64, '#');
      const std::uint32_t partition = random() % 20;
      const auto reference =
          store.add(partition, std::string_view(padded).substr(0, size), size / 2, readable);
      ASSERT_TRUE(reference.ok());
      if (last.contains(partition)) {
        EXPECT_GT(*reference, last[partition]);
      }
      last[partition] = *reference;
      kept.push_back({partition, *reference, std::move(line)});
    }
    for (const auto& entry : kept) {
      const StoredLine stored = store.line(entry.partition, entry.reference);
      const char* at = stored.begin;
      ASSERT_EQ(stored.size, std::min<std::size_t>(entry.line.size(), StoredLine::kUnknown));
      ASSERT_EQ(stored.first_end, stored.size == StoredLine::kUnknown ? 0u : entry.line.size() / 2);
      ASSERT_EQ(std::string_view(at, entry.line.size()), entry.line);
      ASSERT_EQ(at[entry.line.size()], '\n');
    }
    std::vector<Kept> walked;
    for (std::uint32_t partition = 0; partition < 20; ++partition) {
      store.prefetch(partition);
      const std::size_t before = walked.size();
      store.for_each(partition, [&](std::uint32_t reference, const StoredLine& stored) {
        walked.push_back({partition, reference,
                          std::string(stored.begin, std::find(stored.begin, stored.begin + 300000, '\n'))});
        return walked.back().line.size();
      });
      EXPECT_EQ(walked.size() - before, store.lines(partition));
    }
    std::stable_sort(kept.begin(), kept.end(),
                     [](const Kept& a, const Kept& b) { return a.partition < b.partition; });
    ASSERT_EQ(walked.size(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      ASSERT_EQ(walked[i].reference, kept[i].reference);
      ASSERT_EQ(walked[i].line, kept[i].line);
    }
  }
}

}  // namespace
}  // namespace pai::client::align
