// The group key agreement of two to five parties, and every way in which a message can be wrong.
#include "client/crypto/group_key.h"

#include <gtest/gtest.h>

namespace pai::client::crypto {
namespace {

using Offers = std::map<int, GroupOffer>;

GroupTerms terms_of(std::vector<int> parties, const std::string& run = "run") {
  return {std::vector<std::uint8_t>(32, 7), run, std::move(parties)};
}

/// All parties' steps side by side; a test changes what passes between them.
struct Group {
  explicit Group(std::vector<int> ids, const std::string& run = "run") : parties(std::move(ids)) {
    for (const int id : parties) offering.emplace(id, OfferStep(terms_of(parties, run), id));
  }
  Offers offers_for(int receiver) const {
    Offers offers;
    for (const int id : parties) {
      if (id != receiver) offers[id] = offering.at(id).own_offer();
    }
    return offers;
  }
  void reveal() {
    std::map<int, Offers> offers;
    for (const int id : parties) offers[id] = offers_for(id);
    for (const int id : parties) revealing.emplace(id, std::move(offering.at(id)).take(offers[id]).value());
  }
  std::map<int, std::string> sealed_for(int receiver) const {
    std::map<int, std::string> sealed;
    for (const int id : parties) {
      if (id != receiver) sealed[id] = revealing.at(id).sealed_for(receiver);
    }
    return sealed;
  }
  void confirm() {
    std::map<int, std::map<int, std::string>> sealed;
    for (const int id : parties) sealed[id] = sealed_for(id);
    for (const int id : parties) confirming.emplace(id, std::move(revealing.at(id)).take(sealed[id]).value());
  }
  std::map<int, std::string> macs_for(int receiver) const {
    std::map<int, std::string> macs;
    for (const int id : parties) {
      if (id != receiver) macs[id] = std::string(as_text(confirming.at(id).own_mac()));
    }
    return macs;
  }
  std::map<int, GroupKey> keys() {
    reveal();
    confirm();
    std::map<int, std::map<int, std::string>> macs;
    for (const int id : parties) macs[id] = macs_for(id);
    std::map<int, GroupKey> found;
    for (const int id : parties) found.emplace(id, std::move(confirming.at(id)).take(macs[id]).value());
    return found;
  }

  std::vector<int> parties;
  std::map<int, OfferStep> offering;
  std::map<int, RevealStep> revealing;
  std::map<int, ConfirmStep> confirming;
};

void expect_blamed(const Error& error, int party) {
  EXPECT_EQ(error.code(), ErrorCode::kProtocol) << error.describe();
  EXPECT_EQ(error.blames(), party) << error.describe();
}

TEST(GroupKey, IsTheSameForAllAndAnotherInEachRun) {
  for (const auto& parties :
       std::vector<std::vector<int>>{{1, 2}, {1, 2, 3}, {2, 5, 7, 9}, {0, 1, 2, 3, 4}}) {
    auto first = Group(parties).keys();
    auto second = Group(parties).keys();
    std::array<std::uint8_t, 16> tag{}, other{}, purpose{};
    first.begin()->second.derive("tag key v1", tag);
    for (const auto& [party, key] : first) {
      key.derive("tag key v1", other);
      EXPECT_EQ(tag, other);
      EXPECT_EQ(key.id_key().alignment_id({1}), first.begin()->second.id_key().alignment_id({1}));
      EXPECT_NE(key.id_key().alignment_id({1}), key.id_key().alignment_id({2}));
    }
    first.begin()->second.derive("another purpose", purpose);
    EXPECT_NE(tag, purpose);
    second.begin()->second.derive("tag key v1", other);
    EXPECT_NE(tag, other);
    EXPECT_NE(first.begin()->second.id_key().alignment_id({1}), second.begin()->second.id_key().alignment_id({1}));
  }
}

TEST(GroupKey, BlamesWhoOffersALowOrderPoint) {
  Group group({1, 2, 3});
  auto offers = group.offers_for(1);
  offers[3].public_key = Key32{};
  expect_blamed(std::move(group.offering.at(1)).take(offers).error(), 3);
}

TEST(GroupKey, BlamesWhoReflectsAnOffer) {
  Group group({1, 2});
  const Offers offers{{2, group.offering.at(1).own_offer()}};
  expect_blamed(std::move(group.offering.at(1)).take(offers).error(), 2);
}

TEST(GroupKey, BlamesWhoIsMissing) {
  Group group({1, 2, 3});
  auto offers = group.offers_for(1);
  offers.erase(2);
  expect_blamed(std::move(group.offering.at(1)).take(offers).error(), 2);
  Group revealing({1, 2, 3});
  revealing.reveal();
  auto sealed = revealing.sealed_for(1);
  sealed.erase(3);
  expect_blamed(std::move(revealing.revealing.at(1)).take(sealed).error(), 3);
  Group confirming({1, 2, 3});
  confirming.reveal();
  confirming.confirm();
  auto macs = confirming.macs_for(1);
  macs.erase(2);
  expect_blamed(std::move(confirming.confirming.at(1)).take(macs).error(), 2);
}

TEST(GroupKey, KeepsNoSecretOfAStepThatIsOver) {
  const std::size_t before = detail::secrets_alive();
  Group group({1, 2});
  EXPECT_GT(detail::secrets_alive(), before);
  const auto offers = group.offers_for(1);
  auto revealing = std::move(group.offering.at(1)).take(offers).value();
  (void)std::move(group.offering.at(2)).take({{1, group.offering.at(1).own_offer()}});
  // Left: the contribution and the secret with the peer.
  EXPECT_EQ(detail::secrets_alive(), before + 2);
}

TEST(GroupKey, BlamesWhoBreaksItsCommitment) {
  Group group({1, 2});
  // Party 1 gets another commitment than party 2 made: what 2 reveals does not fit it. The transcripts differ
  // too, so both keys of the pair do; a commitment alone is wrong when everything else is right.
  const Contribution contribution{Key32{1}, Key32{2}};
  const auto terms = terms_of({1, 2});
  EXPECT_NE(commitment_to(contribution, 1, terms), commitment_to(contribution, 2, terms));
  EXPECT_NE(commitment_to(contribution, 1, terms), commitment_to({Key32{1}, Key32{3}}, 1, terms));
  EXPECT_NE(commitment_to(contribution, 1, terms), commitment_to({Key32{2}, Key32{2}}, 1, terms));
  EXPECT_NE(commitment_to(contribution, 1, terms),
            commitment_to(contribution, 1, terms_of({1, 2}, "other run")));
  auto offers = group.offers_for(1);
  offers[2].commitment[0] ^= 1;
  auto revealing = std::move(group.offering.at(1)).take(offers).value();
  auto other = std::move(group.offering.at(2)).take({{1, group.offering.at(1).own_offer()}}).value();
  expect_blamed(std::move(revealing).take({{2, other.sealed_for(1)}}).error(), 2);
}

TEST(GroupKey, BlamesWhoSealsForAnotherOrForges) {
  Group group({1, 2, 3});
  group.reveal();
  auto sealed = group.sealed_for(1);
  sealed[2] = group.revealing.at(2).sealed_for(3);
  expect_blamed(std::move(group.revealing.at(1)).take(sealed).error(), 2);
  Group forged({1, 2});
  forged.reveal();
  auto changed = forged.sealed_for(1);
  changed[2][20] = static_cast<char>(changed[2][20] ^ 4);
  expect_blamed(std::move(forged.revealing.at(1)).take(changed).error(), 2);
  Group reflected({1, 2});
  reflected.reveal();
  expect_blamed(
      std::move(reflected.revealing.at(1)).take({{2, reflected.revealing.at(1).sealed_for(2)}}).error(), 2);
}

TEST(GroupKey, BlamesWhoConfirmsAnotherKey) {
  Group group({1, 2, 3});
  group.reveal();
  group.confirm();
  auto macs = group.macs_for(1);
  macs[3] = macs[2];  // 2's MAC is not 3's
  expect_blamed(std::move(group.confirming.at(1)).take(macs).error(), 3);
  macs = group.macs_for(2);
  macs[3].pop_back();
  expect_blamed(std::move(group.confirming.at(2)).take(macs).error(), 3);
}

TEST(GroupKey, IsBoundToTheRun) {
  Group one({1, 2}, "run A");
  Group two({1, 2}, "run B");
  auto revealing = std::move(one.offering.at(1)).take({{2, two.offering.at(2).own_offer()}}).value();
  auto other = std::move(two.offering.at(2)).take({{1, one.offering.at(1).own_offer()}}).value();
  expect_blamed(std::move(revealing).take({{2, other.sealed_for(1)}}).error(), 2);
}

}  // namespace
}  // namespace pai::client::crypto
