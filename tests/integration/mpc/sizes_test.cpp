// Tensors that no single message of the channel could carry travel in parts, and come out as they would in one.
#include <algorithm>
#include <numeric>
#include <set>

#include "client/channel/wire.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/truncation.h"
#include "client/mpc/wire_words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

static_assert(kMessageWordsMax * sizeof(Word) * 4 < kAssembledBytesMax, "a part is well below the channel's limit");

/// Every message's words in bytes.
template <class M>
std::vector<std::size_t> message_bytes(const Parties& parties) {
  std::vector<std::size_t> bytes;
  for (const auto& sent : parties.sent<M>()) bytes.push_back(sent.message.words().size());
  return bytes;
}

TEST(Sizes, ATruncationOfMillionsOfWordsTravelsInParts) {
  // Its correction is two tensors that do not end where the parts do, of 64 and 24 bits a word; its opening is one part and a rest.
  constexpr std::size_t kSize = kMessageWordsMax + 1001;
  constexpr int kBits = 17;
  Parties parties(2);
  const auto values = random_words(kSize, 5);
  Words small(kSize);
  for (std::size_t i = 0; i < kSize; ++i) small[i] = values[i] >> 3;
  const auto shares = share(small, 2);
  auto results = shares;
  for (int operations = 1; operations <= 2; ++operations) {  // either party gets the correction
    run_operations<Truncation>(
        parties, static_cast<std::size_t>(operations),
        [&](Source& source, Truncation& tool) { tool.draw(source, kSize, kBits); },
        [&](DataClient& self, Truncation& tool, std::size_t) -> Status {
          tool.mask(shares[self.party()], self.leads());
          tool.open(self.exchange);
          PAI_TRY(self.exchange.run());
          tool.take(results[self.party()], self.leads());
          return {};
        });
    const auto opened = sum(results);
    for (std::size_t i = 0; i < kSize; ++i) {
      const auto floor = small[i] >> kBits;
      ASSERT_TRUE(opened[i] == floor || opened[i] == floor + 1) << i;
    }
  }
  const auto corrections = message_bytes<v1::Correction>(parties), openings = message_bytes<v1::Opening>(parties);
  EXPECT_EQ(corrections.size(), 2 * 2 + 2U);  // two parts an operation, and each client's last
  EXPECT_EQ(openings.size(), 2 * 2 * 2U);
  EXPECT_LE(*std::max_element(corrections.begin(), corrections.end()), kMessageWordsMax * sizeof(Word));
  EXPECT_LE(*std::max_element(openings.begin(), openings.end()), kMessageWordsMax * sizeof(Word));
}

TEST(Sizes, ARoundOfManySegmentsTravelsInPartsToo) {
  Parties parties(3);
  std::vector<Shares> segments;
  const std::pair<std::size_t, int> sizes[] = {{kMessageWordsMax / 2, 64}, {3, 42}, {kMessageWordsMax, 42}, {7, 64},
                                               {kMessageWordsMax + 9, 7},  {0, 64}, {1, 64}};
  for (const auto& [size, bits] : sizes) segments.push_back(share(random_words(size, size), 3));
  const auto inputs = segments;
  parties.run(
      [&](DataClient& self) -> Status {
        PAI_TRY(self.begin([](Source&) {}));
        for (std::size_t i = 0; i < segments.size(); ++i) self.exchange.open(segments[i][self.party()], sizes[i].second);
        PAI_TRY(self.exchange.run());
        EXPECT_EQ(self.exchange.rounds(), 1U);
        return {};
      },
      [](DealerSource&) { return Status(); });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    auto expected = sum(inputs[i]);
    for (auto& word : expected) word &= sizes[i].second == 64 ? ~Word{0} : (Word{1} << sizes[i].second) - 1;
    for (const auto& opened : segments[i]) EXPECT_TRUE(opened == expected) << "segment " << i;
  }
  const auto openings = message_bytes<v1::Opening>(parties);
  EXPECT_LE(*std::max_element(openings.begin(), openings.end()), kMessageWordsMax * sizeof(Word));
}

TEST(Sizes, AShuffleOfMillionsOfRowsTravelsInParts) {
  constexpr std::size_t kRows = kMessageWordsMax / 2 + 100;
  Words table;
  for (std::size_t i = 0; i < kRows; ++i) table.insert(table.end(), {i, i + 7});
  auto shares = share(table, 3);
  Parties parties(3);
  run_operation<Shuffle>(
      parties, [&](Source& source, Shuffle& tool, const Group& group) { tool.draw(source, group, kRows, 2); },
      [&](DataClient& self, Shuffle& tool) {
        return tool.run(self.channel, self.group, self.source.operation(), shares[self.party()]);
      });
  const auto shuffled = sum(shares);
  std::vector<bool> seen(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_LT(shuffled[2 * i], kRows);
    ASSERT_FALSE(seen[shuffled[2 * i]]);
    seen[shuffled[2 * i]] = true;
    ASSERT_EQ(shuffled[2 * i + 1], shuffled[2 * i] + 7);
  }
  for (const auto& bytes : {message_bytes<v1::ShuffleShare>(parties), message_bytes<v1::Correction>(parties)}) {
    EXPECT_LE(*std::max_element(bytes.begin(), bytes.end()), kMessageWordsMax * sizeof(Word));
  }
}

/// Words that only the dealer knows, as one client draws them from parts of these sizes, each of the operation of its place or another.
struct Part {
  std::uint64_t operation;
  std::size_t words;
};

void draw_from(const std::vector<Part>& parts, std::size_t wanted, Parties& parties) {
  parties.run(
      [&](DataClient& self) {
        Words words(wanted);
        return self.begin([&](Source& source) { source.derived(words, [](std::span<Word>) {}); });
      },
      {}, Parties::kDealer,
      [&](Channel& channel) -> Status {
        for (const int client : {0, 2}) {
          v1::DealerSeed seed;
          seed.set_seed(std::string(16, 'x'));
          PAI_TRY(channel.send(client, std::move(seed)));
        }
        for (const auto& [operation, words] : parts) {
          v1::Correction message;
          message.set_operation(operation);
          message.set_words(std::string(words * sizeof(Word), 'x'));
          (void)channel.send(0, std::move(message));  // it may have had enough
        }
        v1::Correction last;
        last.set_last(true);
        (void)channel.send(0, last);
        (void)channel.send(2, last);
        return {};
      });
}

constexpr std::size_t kFull = kMessageWordsMax;

TEST(Sizes, PartsEndWithOneThatIsNotFull) {
  Parties parties(2);
  draw_from({{0, kFull}, {0, 4}}, kFull + 4, parties);
  EXPECT_TRUE(parties.ok()) << parties.messages();
  draw_from({{0, kFull}, {0, 0}}, kFull, parties);
  EXPECT_TRUE(parties.ok()) << parties.messages();
}

TEST(Sizes, PartsThatDoNotFollowEachOtherAreNoticed) {
  const std::pair<std::vector<Part>, std::size_t> faults[] = {
      {{{0, kFull}, {0, kFull}, {0, 4}}, kFull + 4},  // one twice
      {{{0, 4}}, kFull + 4},                          // one left out
      {{{0, kFull}}, kFull + 4},                      // the last left out
      {{{0, kFull}}, kFull},
      {{{0, kFull}, {1, 4}}, kFull + 4},  // of another operation
      {{{0, kFull}, {0, 3}}, kFull + 4},  // too short
      {{{0, kFull}, {0, 5}}, kFull + 4},  // too long
      {{{0, kFull}, {0, 4}}, kFull},
      {{{0, kFull}, {0, kFull}}, kFull},
      {{{0, kFull}, {0, 4}}, 4},
  };
  for (const auto& [parts, wanted] : faults) {
    Parties parties(2);
    draw_from(parts, wanted, parties);
    ASSERT_FALSE(parties.status(0).ok()) << parts.size() << " parts for " << wanted << " words";
    EXPECT_EQ(parties.status(0).error().code(), ErrorCode::kProtocol) << parties.messages();
    EXPECT_EQ(parties.status(0).error().blames(), Parties::kDealer);
  }
}

TEST(Sizes, ADealerFillsPartsAsClientsExpect) {
  for (const std::size_t size : {kFull - 1, kFull, kFull + 1, 2 * kFull}) {
    Parties parties(2);
    Shares shares(2, Words(size));
    parties.run(
        [&](DataClient& self) -> Status {
          PAI_TRY(self.begin([&](Source& source) { source.derived(shares[self.party()], [](std::span<Word>) {}); }));
          Words after(3);  // the next operations' corrections come after it
          PAI_TRY(self.begin([&](Source& source) { source.derived(after, [](std::span<Word>) {}); }));
          return self.begin([&](Source& source) { source.derived(after, [](std::span<Word>) {}); });
        },
        [&](DealerSource& source) -> Status {
          for (const auto words : {size, std::size_t{3}, std::size_t{3}}) {
            Words value(words);
            source.begin();
            source.derived(value, [](std::span<Word> to) { std::fill(to.begin(), to.end(), 42); });
            PAI_TRY(source.finish());
          }
          return {};
        });
    ASSERT_TRUE(parties.ok()) << size << "\n" << parties.messages();
    EXPECT_TRUE(sum(shares) == Words(size, 42)) << size;
  }
}

TEST(Sizes, ATensorOfAnyWidthMayLieInTwoParts) {
  // Eight bytes of the first part are left for words of three bytes each.
  const std::size_t sizes[] = {kFull - 1, 100};
  const int widths[] = {64, 24};
  Parties parties(2);
  std::vector<Shares> shares;
  for (const auto size : sizes) shares.emplace_back(2, Words(size));
  parties.run(
      [&](DataClient& self) {
        return self.begin([&](Source& source) {
          for (std::size_t i = 0; i < 2; ++i) source.derived(shares[i][self.party()], widths[i], [](std::span<Word>) {});
        });
      },
      [&](DealerSource& source) -> Status {
        source.begin();
        for (std::size_t i = 0; i < 2; ++i) {
          Words value(sizes[i]);
          source.derived(value, widths[i], [](std::span<Word> to) { std::iota(to.begin(), to.end(), 7); });
        }
        return source.finish();
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  const auto narrow = sum(shares[1]);
  for (std::size_t i = 0; i < narrow.size(); ++i) EXPECT_EQ(narrow[i] & 0xFFFFFF, i + 7);
}

}  // namespace
}  // namespace pai::client::mpc::test
