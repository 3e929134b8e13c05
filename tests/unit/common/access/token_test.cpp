// Tokens: what one looks like, what is stored of it, and what an Authorization header may hold.
#include "common/access/token.h"

#include <gtest/gtest.h>

#include <set>

namespace pai::access {
namespace {

TEST(Token, HasAPrefixAPublicIdAndTwoHundredAndFiftySixBits) {
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) {
    const auto token = make_token();
    EXPECT_EQ(token.text.size(), 4u + 8u + 1u + 64u);
    EXPECT_EQ(token.text.substr(0, 13), "pai_" + token.id + "_");
    EXPECT_EQ(token_id(token.text), token.id);
    secrets.insert(token.text.substr(13));
  }
  EXPECT_EQ(secrets.size(), 100u);
}

TEST(Token, OfAnyOtherFormHasNoId) {
  const std::string good = make_token().text;
  for (const std::string& bad : {std::string(), good + "0", good.substr(1), "PAI_" + good.substr(4), good.substr(0, 12) + "-" + good.substr(13),
                                 good.substr(0, 76) + "G", good.substr(0, 76) + "A", std::string(77, '0')}) {
    EXPECT_FALSE(token_id(bad)) << bad;
  }
}

TEST(Token, IsStoredAsItsHashAndComparedByIt) {
  const auto token = make_token();
  const auto hash = token_hash(token.text);
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash.find(token.text.substr(13, 20)), std::string::npos);
  EXPECT_TRUE(same_hash(hash, token_hash(token.text)));
  EXPECT_FALSE(same_hash(hash, token_hash(make_token().text)));
  EXPECT_FALSE(same_hash(hash, hash.substr(1)));
}

TEST(Bearer, IsTheTokenBehindTheScheme) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bEARER   abc"), "abc");
  for (const char* other : {"", "Bearer", "Bearer ", "Bearerabc", "Basic YTpi", "Bearer a b", " Bearer a"}) {
    EXPECT_FALSE(bearer_token(other)) << other;
  }
}

TEST(UserName, IsShortAndPlain) {
  for (const char* good : {"a", "alice", "Alice-2.x_y", "7"}) EXPECT_TRUE(check_user_name(good).ok()) << good;
  for (const std::string& bad : {std::string(), std::string("-a"), std::string("a b"), std::string("a@b"), std::string("ä"), std::string("a\n"),
                                 std::string("../a"), std::string(65, 'a')}) {
    EXPECT_FALSE(check_user_name(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace pai::access
