#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "client/ring/matrix.h"

namespace pai::client::mpc::test {

using ring::Word;
using Words = std::vector<Word>;
/// Of one tensor, by party.
using Shares = std::vector<Words>;

/// How the test gives a value to the parties.
enum class Sharing {
  kRandom,    ///< uniformly random shares
  kOneHolds,  ///< the last party has the value, the others zero: nothing but the primitive's own masks hides it
};

inline Shares share(std::span<const Word> values, int parties, Sharing sharing = Sharing::kRandom, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  Shares shares(static_cast<std::size_t>(parties), Words(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Word rest = values[i];
    for (std::size_t party = 0; party + 1 < shares.size(); ++party) {
      shares[party][i] = sharing == Sharing::kRandom ? random() : 0;
      rest -= shares[party][i];
    }
    shares.back()[i] = rest;
  }
  return shares;
}

inline Words sum(const Shares& shares) {
  Words total(shares.at(0).size());
  for (const auto& words : shares) {
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += words.at(i);
  }
  return total;
}

inline Words random_words(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Words words(size);
  for (auto& word : words) word = random();
  return words;
}

}  // namespace pai::client::mpc::test
