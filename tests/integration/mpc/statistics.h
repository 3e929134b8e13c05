#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "client/ring/matrix.h"

namespace pai::client::mpc::test {

/// So many standard deviations of a normal variable are exceeded by chance with probability 1.3e-12: a program of some hundred such
/// judgements fails by chance less than once in a thousand million runs.
inline constexpr double kFarOut = 7.0;

/// The χ² of counts that should all be equally likely, as a standard normal variable (Wilson–Hilferty).
double chi_square_score(std::span<const std::size_t> counts);

/// Empty when the words' low `bits` look uniformly random and independent of their neighbours, else what does not: each bit by itself, each
/// byte (χ² of 256 bins), and each byte of the differences of neighbours. Needs some thousand words.
std::string judge_uniform(std::span<const ring::Word> words, int bits = 64);

/// How far the agreement of each bit of the words with a secret bit per word is from half of them: the largest, in standard deviations.
double largest_correlation(std::span<const ring::Word> words, std::span<const std::uint8_t> secret_bits, int bits = 64);

}  // namespace pai::client::mpc::test
