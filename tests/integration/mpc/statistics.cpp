#include "integration/mpc/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace pai::client::mpc::test {

namespace {

using ring::Word;

std::string judge_bytes(std::span<const Word> words, int bits, const std::string& of) {
  for (int low = 0; low + 8 <= bits; low += 8) {
    std::array<std::size_t, 256> counts{};
    for (const auto word : words) ++counts[word >> low & 255];
    const double score = chi_square_score(counts);
    if (std::fabs(score) > kFarOut) {
      return of + ": bits from " + std::to_string(low) + " have a χ² of " + std::to_string(score) + " deviations";
    }
  }
  return "";
}

}  // namespace

double chi_square_score(std::span<const std::size_t> counts) {
  std::size_t total = 0;
  for (const auto count : counts) total += count;
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double chi_square = 0;
  for (const auto count : counts) chi_square += std::pow(static_cast<double>(count) - expected, 2) / expected;
  const auto freedom = static_cast<double>(counts.size() - 1);
  const double spread = 2 / (9 * freedom);
  return (std::cbrt(chi_square / freedom) - (1 - spread)) / std::sqrt(spread);
}

std::string judge_uniform(std::span<const Word> words, int bits) {
  if (words.size() < 2000) return "only " + std::to_string(words.size()) + " words";
  for (int bit = 0; bit < bits; ++bit) {
    std::size_t ones = 0;
    for (const auto word : words) ones += word >> bit & 1;
    const double half = static_cast<double>(words.size()) / 2;
    const double score = (static_cast<double>(ones) - half) / std::sqrt(half / 2);
    if (std::fabs(score) > kFarOut) {
      return "bit " + std::to_string(bit) + " is " + std::to_string(score) + " deviations from even";
    }
  }
  if (auto fault = judge_bytes(words, bits, "words"); !fault.empty()) return fault;
  std::vector<Word> differences(words.size() - 1);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] = words[i + 1] - words[i];
  return judge_bytes(differences, bits, "differences");
}

double largest_correlation(std::span<const Word> words, std::span<const std::uint8_t> secret_bits, int bits) {
  double largest = 0;
  for (int bit = 0; bit < bits; ++bit) {
    std::size_t agreements = 0;
    for (std::size_t i = 0; i < words.size(); ++i) agreements += (words[i] >> bit & 1) == secret_bits[i] ? 1 : 0;
    const double half = static_cast<double>(words.size()) / 2;
    largest = std::max(largest, std::fabs(static_cast<double>(agreements) - half) / std::sqrt(half / 2));
  }
  return largest;
}

}  // namespace pai::client::mpc::test
