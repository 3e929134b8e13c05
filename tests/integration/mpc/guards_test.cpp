// Parties that are not at the same place, or do not agree on a shape, stop with both sides' numbers in the error and the right one to blame.
// Randomness belongs to its place: equal at the dealer and the clients, different everywhere else.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/truncation.h"
#include "client/mpc/wire_words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

using testing::HasSubstr;

/// Of correction for a word cut by eight bits: r ≫ 8, and as many bits of r's highest.
constexpr std::size_t kCorrectionBytes = 8 + 1;

/// Four words truncated, as often as asked.
Status truncate_repeatedly(DataClient& self, int operations, std::size_t size = 4) {
  Truncation tool;
  for (int i = 0; i < operations; ++i) {
    PAI_TRY(self.begin([&](Source& source) { tool.draw(source, size, 8); }));
    Words words(size);
    tool.mask(words, self.leads());
    tool.open(self.exchange);
    PAI_TRY(self.exchange.run());
    tool.take(words, self.leads());
  }
  return {};
}

Status deal_truncations(DealerSource& source, int operations, std::size_t size = 4) {
  Truncation tool;
  for (int i = 0; i < operations; ++i) {
    source.begin();
    tool.draw(source, size, 8);
    PAI_TRY(source.finish());
  }
  return {};
}

// --- The dealer ---

class DealerGuard : public testing::TestWithParam<int> {
 protected:
  /// Every client fails and blames the dealer, directly or through a client that noticed first; one noticed by itself.
  void expect_dealer_blamed(const Parties& parties, std::initializer_list<const char*> parts) const {
    bool noticed = false;
    for (int party = 0; party < GetParam(); ++party) {
      const auto& status = parties.status_of_party(static_cast<std::size_t>(party));
      ASSERT_FALSE(status.ok()) << parties.messages();
      EXPECT_EQ(status.error().blames(), Parties::kDealer) << parties.messages();
      if (status.error().code() != ErrorCode::kProtocol) continue;
      noticed = true;
      for (const auto* part : parts) EXPECT_THAT(status.error().message(), HasSubstr(part));
    }
    EXPECT_TRUE(noticed) << parties.messages();
  }
};

TEST_P(DealerGuard, AnOperationAheadIsNoticed) {
  Parties parties(GetParam());
  // The dealer leaves operation 0, whose correction is party 0's, out.
  parties.run([](DataClient& self) { return truncate_repeatedly(self, 5); },
              [&](DealerSource& source) {
                source.begin();
                return deal_truncations(source, 5);
              });
  const auto dealers = "the dealer is at operation " + std::to_string(GetParam());
  expect_dealer_blamed(parties, {dealers.c_str(), "this client at operation 0"});
}

TEST_P(DealerGuard, AnotherShapeIsNoticed) {
  Parties parties(GetParam());
  for (const std::size_t size : {std::size_t{3}, std::size_t{5}}) {
    parties.run([](DataClient& self) { return truncate_repeatedly(self, 1); },
                [&](DealerSource& source) { return deal_truncations(source, 1, size); });
    const auto dealers = "sent " + std::to_string(kCorrectionBytes * size) + " bytes";
    expect_dealer_blamed(parties, {"operation 0", dealers.c_str(), "takes 36"});
  }
}

TEST_P(DealerGuard, AnEarlyEndIsNoticed) {
  Parties parties(GetParam());
  parties.run([](DataClient& self) { return truncate_repeatedly(self, 3); },
              [](DealerSource& source) { return deal_truncations(source, 2); });
  expect_dealer_blamed(parties, {"the dealer ended before operation 2"});
}

/// A dealer that is scripted message by message, with seeds of zeros.
Status send_seeds(Channel& channel, int data_clients) {
  for (int client = 0; client <= data_clients; ++client) {
    if (client == channel.self()) continue;
    v1::DealerSeed message;
    message.set_seed(std::string(16, '\0'));
    PAI_TRY(channel.send(client, std::move(message)));
  }
  return {};
}

v1::Correction correction(std::uint64_t operation, std::size_t bytes) {
  v1::Correction message;
  message.set_operation(operation);
  message.set_words(std::string(bytes, 'x'));
  return message;
}

TEST_P(DealerGuard, ARepeatedCorrectionIsNoticed) {
  Parties parties(GetParam());
  parties.run([](DataClient& self) { return truncate_repeatedly(self, 2 * GetParam()); }, {}, Parties::kDealer,
              [](Channel& channel) -> Status {
                PAI_TRY(send_seeds(channel, GetParam()));
                for (std::uint64_t operation = 0; operation < 2; ++operation) {
                  const int client = operation == 0 ? 0 : 2;
                  PAI_TRY(channel.send(client, correction(operation, 36)));
                  PAI_TRY(channel.send(client, correction(operation, 36)));
                }
                // The rest in order.
                for (std::uint64_t operation = 2; operation < 2 * static_cast<std::uint64_t>(GetParam()); ++operation) {
                  const auto party = static_cast<int>(operation % static_cast<std::uint64_t>(GetParam()));
                  if (!channel.send(party == 0 ? 0 : party + 1, correction(operation, 36)).ok()) break;
                }
                return {};
              });
  const auto due = "this client at operation " + std::to_string(GetParam());
  expect_dealer_blamed(parties, {"the dealer is at operation 0", due.c_str()});
}

TEST_P(DealerGuard, CorrectionsOfBrokenWordsAreNoticed) {
  for (const std::size_t bytes : {0U, 1U, 35U, 37U, 43U, 64U}) {
    Parties parties(GetParam());
    parties.run([](DataClient& self) { return truncate_repeatedly(self, 1); }, {}, Parties::kDealer,
                [&](Channel& channel) -> Status {
                  PAI_TRY(send_seeds(channel, GetParam()));
                  return channel.send(0, correction(0, bytes));
                });
    expect_dealer_blamed(parties, {"operation 0", "takes 36"});
  }
}

TEST_P(DealerGuard, AnOperationWithoutWordsNeedsNoCorrection) {
  Parties parties(GetParam());
  const auto draw_nothing = [](Source& source) {
    source.derived(std::span<Word>(), [](std::span<Word>) {});
    source.given(0, 0, std::span<Word>(), [](std::span<Word>) {});
  };
  parties.run(
      [&](DataClient& self) -> Status {
        for (int i = 0; i < GetParam(); ++i) PAI_TRY(self.begin(draw_nothing));
        return truncate_repeatedly(self, GetParam());
      },
      [&](DealerSource& source) -> Status {
        for (int i = 0; i < GetParam(); ++i) {
          source.begin();
          draw_nothing(source);
          PAI_TRY(source.finish());
        }
        return deal_truncations(source, GetParam());
      });
  EXPECT_TRUE(parties.ok()) << parties.messages();
}

TEST_P(DealerGuard, ASeedOfTheWrongSizeIsRefused) {
  for (const std::size_t size : {0U, 15U, 17U, 32U}) {
    Parties parties(GetParam());
    parties.run([](DataClient&) { return Status(); }, {}, Parties::kDealer,
                [&](Channel& channel) -> Status {
                  for (int client = 0; client <= GetParam(); ++client) {
                    if (client == Parties::kDealer) continue;
                    v1::DealerSeed message;
                    message.set_seed(std::string(size, 'x'));
                    (void)channel.send(client, std::move(message));  // some have failed by then
                  }
                  return {};
                });
    expect_dealer_blamed(parties, {"seed of the wrong size"});
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, DealerGuard, testing::Values(2, 3, 4));

// --- Peers ---

/// Runs two truncations with everybody but `odd`, the last party, who does something else.
class PeerGuard : public testing::TestWithParam<int> {
 protected:
  int odd_client() const { return GetParam(); }
  bool is_odd(const DataClient& self) const { return self.channel.self() == odd_client(); }
  void run(Parties& parties, const Parties::ClientRole& odd) const {
    parties.run([&](DataClient& self) { return is_odd(self) ? odd(self) : truncate_repeatedly(self, 2); },
                [](DealerSource& source) { return deal_truncations(source, 2); });
  }
  /// Nobody blames an innocent party; who judged the odd one's message itself, and did not hear of it from another first, names both places.
  void expect_odd_blamed(const Parties& parties, std::initializer_list<const char*> parts) const {
    bool noticed = false;
    for (int party = 0; party + 1 < GetParam(); ++party) {
      const auto& status = parties.status_of_party(static_cast<std::size_t>(party));
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().blames(), odd_client()) << parties.messages();
      if (status.error().code() != ErrorCode::kProtocol) continue;
      noticed = true;
      for (const auto* part : parts) EXPECT_THAT(status.error().message(), HasSubstr(part));
    }
    EXPECT_TRUE(noticed) << parties.messages();
  }
};

/// What goes to all peers in the place of a round's opening.
template <class M>
Status send_to_all(DataClient& self, const M& message) {
  for (const int peer : self.group.clients) {
    if (peer != self.channel.self()) PAI_TRY(self.channel.send(peer, message));
  }
  // The others' end tells whose fault it was; nothing of this party's own is to be blamed.
  for (const int peer : self.group.clients) {
    if (peer == self.channel.self()) continue;
    while (self.channel.receive<v1::Opening>(peer).ok()) {
    }
  }
  return {};
}

v1::Opening opening(std::uint64_t operation, std::uint32_t round, std::size_t bytes) {
  v1::Opening message;
  message.set_operation(operation);
  message.set_round(round);
  message.set_words(std::string(bytes, 'x'));
  return message;
}

TEST_P(PeerGuard, AnotherOperationIsNoticed) {
  Parties parties(GetParam());
  run(parties, [](DataClient& self) { return send_to_all(self, opening(7, 0, 32)); });
  expect_odd_blamed(parties, {"is at operation 7, round 0", "this client at operation 0, round 0"});
}

TEST_P(PeerGuard, AnotherRoundIsNoticed) {
  Parties parties(GetParam());
  run(parties, [](DataClient& self) { return send_to_all(self, opening(0, 3, 32)); });
  expect_odd_blamed(parties, {"is at operation 0, round 3", "this client at operation 0, round 0"});
}

TEST_P(PeerGuard, ARepeatedRoundIsNoticed) {
  Parties parties(GetParam());
  run(parties, [](DataClient& self) -> Status {
    PAI_TRY(truncate_repeatedly(self, 1));
    return send_to_all(self, opening(0, 0, 32));
  });
  expect_odd_blamed(parties, {"is at operation 0, round 0", "this client at operation 1, round 0"});
}

TEST_P(PeerGuard, AnotherSizeIsNoticed) {
  for (const std::size_t bytes : {0U, 24U, 31U, 33U, 40U, 100'000U}) {
    Parties parties(GetParam());
    run(parties, [&](DataClient& self) { return send_to_all(self, opening(0, 0, bytes)); });
    const auto sent = "sent " + std::to_string(bytes) + " bytes";
    expect_odd_blamed(parties, {"operation 0, round 0", sent.c_str(), "this client 32"});
  }
}

TEST_P(PeerGuard, AMessageOfAnotherTypeIsNoticed) {
  Parties parties(GetParam());
  run(parties, [](DataClient& self) { return send_to_all(self, v1::ShuffleShare()); });
  expect_odd_blamed(parties, {"sent ShuffleShare where Opening was due"});
}

TEST_P(PeerGuard, APartyThatComputesAnotherShapeIsNoticed) {
  Parties parties(GetParam());
  run(parties, [](DataClient& self) { return truncate_repeatedly(self, 2, 5); });
  // Either side may look first, so only that everybody stops is certain, and that both sizes are named.
  for (int party = 0; party < GetParam(); ++party) EXPECT_FALSE(parties.status_of_party(static_cast<std::size_t>(party)).ok());
  EXPECT_THAT(parties.messages(), testing::AnyOf(HasSubstr("sent 40 bytes, this client 32"),
                                                 HasSubstr("sent 32 bytes, this client 40")));
}

TEST_P(PeerGuard, ShuffleSharesOfAnotherOperationOrSizeAreNoticed) {
  constexpr std::size_t kRows = 4;
  for (const auto& [operation, bytes] : {std::pair<std::uint64_t, std::size_t>{1, 32}, {0, 31}, {0, 24}, {0, 40}, {0, 0}}) {
    Parties parties(GetParam());
    parties.run(
        [&](DataClient& self) -> Status {
          Shuffle tool;
          PAI_TRY(self.begin([&](Source& source) { tool.draw(source, self.group, kRows, 1); }));
          if (is_odd(self)) {
            v1::ShuffleShare message;
            message.set_operation(operation);
            message.set_words(std::string(bytes, 'x'));
            return self.channel.send(0, std::move(message));
          }
          Words table(kRows);
          return tool.run(self.channel, self.group, 0, table);
        },
        [&](DealerSource& source) -> Status {
          Shuffle tool;
          source.begin();
          tool.draw(source, parties.group(Parties::kDealer), kRows, 1);
          return source.finish();
        });
    const auto got = "of operation " + std::to_string(operation) + " with " + std::to_string(bytes) + " bytes";
    expect_odd_blamed(parties, {got.c_str(), "operation 0 with 32 was due"});
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, PeerGuard, testing::Values(2, 3, 4));

// --- Places ---

class PlacesOf : public testing::TestWithParam<int> {};

/// What one operation draws, one tensor of each sort.
struct Drawn {
  Words uniform = Words(5), own = Words(6), derived = Words(7), given = Words(8), second = Words(5);
  void draw(Source& source, int owner, int self) {
    const bool here = source.is_dealer() || owner == self;
    own.resize(here ? 6 : 0);
    given.resize(here ? 8 : 0);
    source.uniform(uniform);
    source.own(owner, own);
    source.derived(derived, [](std::span<Word> words) { std::fill(words.begin(), words.end(), 1234); });
    source.given(owner, 8, given, [](std::span<Word> words) { std::fill(words.begin(), words.end(), 5678); });
    source.uniform(second);
  }
};

TEST_P(PlacesOf, WordsAreTheSeedStreamsAtTheirPlacesAndTheDealerHasTheirSums) {
  const int count = GetParam();
  const auto operations = static_cast<std::size_t>(2 * count);
  Parties parties(count);
  std::vector<std::vector<Drawn>> clients(static_cast<std::size_t>(count), std::vector<Drawn>(operations));
  std::vector<Drawn> dealt(operations);
  const auto owner = [&](std::size_t operation) { return static_cast<int>((operation + 1) % static_cast<std::size_t>(count)); };
  parties.run(
      [&](DataClient& self) -> Status {
        for (std::size_t i = 0; i < operations; ++i) {
          EXPECT_EQ(self.source.operation() + 1, i);
          PAI_TRY(self.begin([&](Source& source) { clients[self.party()][i].draw(source, owner(i), self.group.self); }));
          EXPECT_EQ(self.source.operation(), i);
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        for (std::size_t i = 0; i < operations; ++i) {
          source.begin();
          EXPECT_EQ(source.operation(), i);
          dealt[i].draw(source, owner(i), -1);
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();

  std::vector<ring::SeedStream> streams;
  for (const auto& sent : parties.sent<v1::DealerSeed>()) {
    EXPECT_EQ(sent.to, parties.client(streams.size()));
    ring::SecretSeed seed;
    ASSERT_EQ(sent.message.seed().size(), seed->size());
    std::copy(sent.message.seed().begin(), sent.message.seed().end(), seed->begin());
    streams.emplace_back(seed, parties.run_id);
  }
  ASSERT_EQ(streams.size(), clients.size());
  std::set<Word> seen;
  for (std::size_t i = 0; i < operations; ++i) {
    const auto expected = [&](std::size_t party, std::uint32_t tensor, std::size_t size) {
      Words words(size);
      streams[party].expand({i, tensor}, words);
      for (const auto word : words) EXPECT_TRUE(seen.insert(word).second) << "two places have a word in common";
      return words;
    };
    Shares uniform, derived, second;
    for (std::size_t party = 0; party < clients.size(); ++party) {
      const auto& drawn = clients[party][i];
      EXPECT_EQ(drawn.uniform, expected(party, 0, 5));
      const bool has_turn = i % clients.size() == party;
      const auto from_seed = expected(party, 2, 7);
      EXPECT_EQ(drawn.derived == from_seed, !has_turn);
      EXPECT_EQ(drawn.second, expected(party, 4, 5));
      const bool owns = static_cast<int>(party) == owner(i);
      EXPECT_EQ(drawn.own, owns ? expected(party, 1, 6) : Words());
      EXPECT_EQ(drawn.given, owns ? Words(8, 5678) : Words());
      if (owns) {
        EXPECT_EQ(drawn.own, dealt[i].own);
      }
      uniform.push_back(drawn.uniform);
      derived.push_back(drawn.derived);
      second.push_back(drawn.second);
    }
    EXPECT_EQ(sum(uniform), dealt[i].uniform);
    EXPECT_EQ(sum(second), dealt[i].second);
    EXPECT_EQ(sum(derived), Words(7, 1234));
  }
}

TEST_P(PlacesOf, TensorsOfAWidthAddUpModuloThatAndNoMoreOfThemIsSent) {
  constexpr std::size_t kSize = 11;  // an odd number, so that words of some widths do not end with a byte
  const auto operations = static_cast<std::size_t>(GetParam());
  const auto value = [](int bits) { return random_words(kSize, static_cast<std::uint64_t>(bits)); };
  Parties parties(GetParam());
  std::vector<std::vector<Shares>> drawn(operations, std::vector<Shares>(65, Shares(operations, Words(kSize))));
  const auto draw = [&](Source& source, const std::function<std::span<Word>(int)>& words) {
    for (int bits = 1; bits <= 64; ++bits) {
      source.derived(words(bits), bits, [&](std::span<Word> to) { std::ranges::copy(value(bits), to.begin()); });
    }
  };
  parties.run(
      [&](DataClient& self) -> Status {
        for (std::size_t i = 0; i < operations; ++i) {
          PAI_TRY(self.begin([&](Source& source) {
            draw(source, [&](int bits) { return std::span(drawn[i][static_cast<std::size_t>(bits)][self.party()]); });
          }));
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        Words words(kSize);
        for (std::size_t i = 0; i < operations; ++i) {
          source.begin();
          draw(source, [&](int) { return std::span(words); });
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  std::size_t due = 0;
  for (int bits = 1; bits <= 64; ++bits) {
    due += ring::packed_bytes(kSize, bits);
    auto expected = value(bits);
    for (auto& word : expected) word <<= 64 - bits;
    for (std::size_t i = 0; i < operations; ++i) {
      auto total = sum(drawn[i][static_cast<std::size_t>(bits)]);
      for (auto& word : total) word <<= 64 - bits;
      EXPECT_EQ(total, expected) << bits << " bits, turn of party " << i;
    }
  }
  for (const auto& sent : parties.sent<v1::Correction>()) {
    EXPECT_EQ(sent.message.words().size(), sent.message.last() ? 0 : due);
  }
}

TEST_P(PlacesOf, AnotherRunHasOtherWordsEvenWithTheSameSeeds) {
  const ring::Seed seed{9};
  const auto words_of_run = [&](const std::string& run_id, const ring::Seed* fixed) {
    Parties parties(GetParam());
    parties.run_id = run_id;
    parties.fixed_seed = fixed;
    Words words(50);
    parties.run(
        [&](DataClient& self) {
          Words drawn(50);
          const auto status = self.begin([&](Source& source) { source.uniform(drawn); });
          if (self.party() == 0) words = drawn;
          return status;
        },
        [](DealerSource& source) -> Status {
          source.begin();
          Words drawn(50);
          source.uniform(drawn);
          return source.finish();
        });
    EXPECT_TRUE(parties.ok());
    return words;
  };
  const auto one = words_of_run("run 1", &seed);
  EXPECT_EQ(one, words_of_run("run 1", &seed));
  for (const auto& other : {words_of_run("run 2", &seed), words_of_run("run 1", nullptr), words_of_run("run 1", nullptr)}) {
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NE(one[i], other[i]);
  }
}

TEST_P(PlacesOf, OnlyThePartyWhoseTurnItIsGetsACorrection) {
  Parties parties(GetParam());
  parties.run([](DataClient& self) { return truncate_repeatedly(self, 9); },
              [](DealerSource& source) { return deal_truncations(source, 9); });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  std::uint64_t next = 0;
  for (const auto& [from, to, message] : parties.sent<v1::Correction>()) {
    EXPECT_EQ(from, Parties::kDealer);
    if (message.last()) {
      EXPECT_TRUE(message.words().empty());
      continue;
    }
    EXPECT_EQ(message.operation(), next);
    EXPECT_EQ(to, parties.client(next % static_cast<std::uint64_t>(GetParam())));
    ++next;
  }
  EXPECT_EQ(next, 9U);
}

INSTANTIATE_TEST_SUITE_P(Parties, PlacesOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
