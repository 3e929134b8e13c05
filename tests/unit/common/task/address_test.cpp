// Addresses come into one form; what is none says what it looks like.
#include "common/task/address.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pai::task {
namespace {

TEST(Addresses, ComeIntoOneForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"127.0.0.1", "127.0.0.1"},
      {"::1", "::1"},
      {"[::1]", "::1"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:DB8::00FF", "2001:db8::ff"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
      {"localhost", "localhost"},
      {"Node-1.Example.ORG", "node-1.example.org"},
      {"3com.example", "3com.example"},
      {"a.b-c.1d", "a.b-c.1d"},
      {std::string(63, 'a') + ".x", std::string(63, 'a') + ".x"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto result = canonical_address(text);
    ASSERT_TRUE(result.ok()) << text << ": " << result.error().message();
    EXPECT_EQ(*result, canonical);
    EXPECT_EQ(canonical_address(*result).ok() ? *canonical_address(*result) : "", canonical);
  }
}

TEST(Addresses, AreRefusedWithWhatTheyLookLike) {
  std::vector<std::string> cases = {
      "", " ", "127.0.0.1 ", "127.1", "0177.0.0.1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "0.0.0.0", "::", "[::]", "[127.0.0.1]",
      "[::1", "::1]", "[]", ":::", "1::2::3", "fe80::1%eth0", "-a", "a-", "a..b", ".a", "a.", "a_b", "a b", "a/b", "ä.example",
      "host:80", "127.0.0.1:80", "http://host", "user@host", "$(id)", "a\nb", std::string("a\0b", 3), "\xFF",
      std::string(64, 'a'), std::string(300, 'a'), std::string(1 << 20, ':'), "123", "a.123", "*",
  };
  std::string ports = "x";
  for (int i = 0; i < 300'000; ++i) ports += ":1";
  cases.push_back(std::move(ports));
  for (const auto& text : cases) {
    const auto result = canonical_address(text);
    ASSERT_FALSE(result.ok()) << text.substr(0, 80);
    EXPECT_LT(result.error().message().size(), 400u);
  }
}

TEST(Addresses, AreComparedByMachine) {
  EXPECT_EQ(address_key("localhost"), address_key("127.0.0.1"));
  EXPECT_EQ(address_key("::ffff:10.0.0.1"), address_key("10.0.0.1"));
  EXPECT_NE(address_key("::1"), address_key("127.0.0.1"));
  EXPECT_NE(address_key("a.example"), address_key("b.example"));
}

}  // namespace
}  // namespace pai::task
