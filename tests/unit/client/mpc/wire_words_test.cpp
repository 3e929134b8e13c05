// Words on the wire are eight bytes each, lowest first; anything but exactly the due number of them is refused and leaves what was there.
#include "client/mpc/wire_words.h"

#include <gtest/gtest.h>

namespace pai::client::mpc::test {
namespace {

TEST(WireWords, AreLittleEndianWithoutGaps) {
  std::string bytes = "what was there before";
  const std::vector<ring::Word> words = {0x0807060504030201, 0xff};
  set_words(bytes, words);
  EXPECT_EQ(bytes, std::string("\1\2\3\4\5\6\7\10\xff\0\0\0\0\0\0\0", 16));
  std::vector<ring::Word> back(2);
  EXPECT_TRUE(get_words(bytes, back));
  EXPECT_EQ(back, words);
}

TEST(WireWords, OfAnotherSizeAreRefusedAndNothingIsWritten) {
  std::vector<ring::Word> words = {1, 2};
  for (const std::size_t size : {0U, 1U, 8U, 15U, 17U, 24U}) {
    EXPECT_FALSE(get_words(std::string(size, 'x'), words)) << size;
    EXPECT_EQ(words, (std::vector<ring::Word>{1, 2}));
  }
  std::span<ring::Word> none;
  EXPECT_TRUE(get_words("", none));
  EXPECT_FALSE(get_words("x", none));
}

}  // namespace
}  // namespace pai::client::mpc::test
