// A connection that breaks anywhere (during the seeds, the masked rows, a correction, a round, a shuffle) ends every party with an error that
// names one of its two ends, and nobody waits for ever: the test's end is the proof.
#include "client/mpc/shuffle.h"
#include "client/mpc/truncation.h"
#include "integration/mpc/owned_matrix.h"

namespace pai::client::mpc::test {
namespace {

constexpr std::size_t kRows = 6;

const std::vector<std::size_t>& columns(int parties) {
  static const std::vector<std::size_t> all[] = {{2, 1}, {2, 0, 1}, {2, 0, 1, 1}};
  return all[parties - 2];
}

std::size_t total_columns(int parties) {
  std::size_t total = 0;
  for (const auto count : columns(parties)) total += count;
  return total;
}

struct Tools {
  OwnedProduct product;
  Truncation cut;
  Shuffle shuffle;
};

/// Everything once a repetition: a product, a truncation, a shuffle. At the end a round, so that nobody ends before all have come so far.
Status compute(DataClient& self, int count) {
  const auto total = total_columns(count);
  const Words x(kRows * total, 3);
  OwnedMatrix matrix(x, columns(count), kRows);
  PAI_TRY(matrix.exchange(self));
  Tools tools;
  Words w(total), z(kRows);
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto batch = matrix.batch(0, kRows);
    PAI_TRY(self.begin([&](Source& source) {
      tools.product.draw(source, batch, 1);
      tools.cut.draw(source, kRows, 4);
      tools.shuffle.draw(source, self.group, kRows, 1);
    }));
    tools.product.mask(w);
    tools.product.open(self.exchange);
    PAI_TRY(self.exchange.run());
    tools.product.take(batch, z);
    tools.cut.mask(z, self.leads());
    tools.cut.open(self.exchange);
    PAI_TRY(self.exchange.run());
    tools.cut.take(z, self.leads());
    PAI_TRY(tools.shuffle.run(self.channel, self.group, self.source.operation(), z));
  }
  return self.exchange.run();
}

Status deal(DealerSource& source, const Parties& parties) {
  const int count = parties.data_clients();
  const Words x(kRows * total_columns(count), 3);
  OwnedMatrix matrix(x, columns(count), kRows);
  PAI_TRY(matrix.deal(source));
  Tools tools;
  for (int repetition = 0; repetition < 2; ++repetition) {
    source.begin();
    tools.product.draw(source, matrix.batch(0, kRows), 1);
    tools.cut.draw(source, kRows, 4);
    tools.shuffle.draw(source, parties.group(Parties::kDealer), kRows, 1);
    PAI_TRY(source.finish());
  }
  return {};
}

class LossOf : public testing::TestWithParam<int> {};

TEST_P(LossOf, AnyConnectionAtAnyMessageEndsEverybodyWithItsEndsToBlame) {
  const int count = GetParam();
  const auto run = [&](Parties& parties) {
    parties.run([&](DataClient& self) { return compute(self, count); },
                [&](DealerSource& source) { return deal(source, parties); });
  };
  Parties whole(count);
  run(whole);
  ASSERT_TRUE(whole.ok()) << whole.messages();
  for (int from = 0; from <= count; ++from) {
    for (int to = 0; to <= count; ++to) {
      const auto frames = whole.frames(from, to);
      EXPECT_TRUE(from == to || to == Parties::kDealer || frames >= 4) << from << " " << to;
      for (std::uint64_t after = 0; after < frames; ++after) {
        Parties parties(count);
        parties.network.cut = MemoryNetwork::Cut{from, to, after};
        run(parties);
        EXPECT_FALSE(parties.status(to).ok());
        EXPECT_FALSE(parties.status(from).ok());
        for (int client = 0; client <= count; ++client) {
          const auto& status = parties.status(client);
          // The dealer may have been ready; at the very last message a third party, too.
          if (status.ok() && (client == Parties::kDealer || after + 1 == frames)) continue;
          ASSERT_FALSE(status.ok()) << from << " to " << to << " after " << after << "\n" << parties.messages();
          EXPECT_EQ(status.error().code(), ErrorCode::kPeerLost) << parties.messages();
          EXPECT_TRUE(status.error().blames() == from || status.error().blames() == to) << parties.messages();
        }
      }
    }
  }
}

TEST_P(LossOf, APartyThatEndsInTheMiddleEndsTheOthers) {
  const int count = GetParam();
  for (int party = 0; party < count; ++party) {
    Parties parties(count);
    const int leaver = parties.client(static_cast<std::size_t>(party));
    parties.run([&](DataClient& self) { return compute(self, count); },
                [&](DealerSource& source) { return deal(source, parties); }, leaver,
                [](Channel& channel) -> Status {
                  PAI_TRY(channel.receive<v1::DealerSeed>(Parties::kDealer));
                  return {};  // gone without a word
                });
    for (int other = 0; other < count; ++other) {
      if (other == party) continue;
      const auto& status = parties.status_of_party(static_cast<std::size_t>(other));
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().blames(), leaver) << parties.messages();
    }
  }
}

TEST_P(LossOf, AStopRequestEndsAWaitInTheMiddleOfARound) {
  const int count = GetParam();
  Parties parties(count);
  parties.run(
      [&](DataClient& self) -> Status {
        if (self.party() == 0) {
          self.channel.cancel(Error(ErrorCode::kCancelled, "stopped"));
        }
        return compute(self, count);
      },
      [&](DealerSource& source) { return deal(source, parties); });
  EXPECT_EQ(parties.status(0).error().code(), ErrorCode::kCancelled);
  for (int party = 1; party < count; ++party) EXPECT_FALSE(parties.status_of_party(static_cast<std::size_t>(party)).ok());
}

INSTANTIATE_TEST_SUITE_P(Parties, LossOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
