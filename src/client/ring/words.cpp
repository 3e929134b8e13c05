#include "client/ring/words.h"

#include <bit>
#include <cmath>

#include "client/ring/kernel_tables.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

const WordsKernel& chosen() {
  static const WordsKernel& kernel = first_available(words_kernels());
  return kernel;
}

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + exponent) << 52);
}

}  // namespace

std::span<const WordsKernel> words_kernels() {
  static const auto all = PAI_RING_KERNELS(kWords);
  return all;
}

void add(std::span<Word> sum, std::span<const Word> a) {
  PAI_CHECK(sum.size() == a.size(), "sizes differ");
  chosen().add(sum.data(), a.data(), sum.size());
}

void subtract(std::span<Word> difference, std::span<const Word> a) {
  PAI_CHECK(difference.size() == a.size(), "sizes differ");
  chosen().subtract(difference.data(), a.data(), difference.size());
}

void add_scaled(std::span<Word> sum, Word factor, std::span<const Word> a) {
  PAI_CHECK(sum.size() == a.size(), "sizes differ");
  chosen().add_scaled(sum.data(), factor, a.data(), sum.size());
}

void add_products(std::span<Word> sum, std::span<const Word> a, std::span<const Word> b) {
  PAI_CHECK(sum.size() == a.size() && sum.size() == b.size(), "sizes differ");
  chosen().add_products(sum.data(), a.data(), b.data(), sum.size());
}

Word encode(double value, int scale) {
  const double scaled = value * power_of_two(scale);
  PAI_CHECK(std::fabs(scaled) < 0x1p63, "a number is too large for its fixed point");
  return static_cast<Word>(std::llrint(scaled));
}

double decode(Word word, int scale) {
  return static_cast<double>(static_cast<std::int64_t>(word)) * power_of_two(-scale);
}

}  // namespace pai::client::ring
