// What a party takes from a peer's Opening: segments of words of any width, packed without gaps. Each word is what its bits say one by one,
// and packing gives the bytes back.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace {

using namespace pai::client::ring;

/// The word from bit `at` on, the slow way.
Word word_at(std::span<const std::uint8_t> bytes, std::size_t at, int bits) {
  Word word = 0;
  for (int i = 0; i < bits; ++i, ++at) word |= Word{static_cast<std::uint8_t>(bytes[at / 8] >> at % 8 & 1)} << i;
  return word;
}

void take_segment(std::span<const std::uint8_t> bytes, int bits) {
  const auto count = bytes.size() * 8 / static_cast<std::size_t>(bits);
  // On the heap at its exact size, so that a sanitizer sees any byte that is read or written too far.
  const std::vector<std::uint8_t> packed(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(packed_bytes(count, bits)));
  std::vector<Word> words(count);
  unpack(packed, bits, words);
  for (std::size_t i = 0; i < count; ++i) {
    PAI_CHECK(words[i] == word_at(packed, i * static_cast<std::size_t>(bits), bits), "a word is its bits");
  }
  std::vector<std::uint8_t> again(packed.size());
  pack(words, bits, again);
  auto expected = packed;
  if (const auto used = count * static_cast<std::size_t>(bits) % 8; used != 0) {
    expected.back() &= static_cast<std::uint8_t>((1 << used) - 1);  // what a peer wrote beyond the last word does not matter
  }
  PAI_CHECK(again == expected, "packed words come back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input(data, size);
  while (input.size() > 2) {
    const int bits = input[0] % 64 + 1;
    const auto length = std::min<std::size_t>(input[1], input.size() - 2);
    take_segment(input.subspan(2, length), bits);
    input = input.subspan(2 + length);
  }
  return 0;
}
