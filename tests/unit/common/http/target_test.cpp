// Request targets, taken apart.

#include "common/http/target.h"

#include <gtest/gtest.h>

#include "common/http/client.h"

namespace pai::http {
namespace {

using Query = std::map<std::string, std::string>;

TEST(Target, IsDecoded) {
  const auto target = parse_target("/a%20b/%E4%BF%A1+?task_name=a%2Bb+c&x=&y&&z=1=2");
  ASSERT_TRUE(target.ok()) << target.error().describe();
  EXPECT_EQ(target->path, "/a b/信+");
  EXPECT_EQ(target->query, (Query{{"task_name", "a+b c"}, {"x", ""}, {"y", ""}, {"z", "1=2"}}));
}

TEST(Target, TakesTheAbsoluteFormAndTheStar) {
  const auto absolute = parse_target("http://host:80/p?q=1");
  ASSERT_TRUE(absolute.ok());
  EXPECT_EQ(absolute->authority, "host:80");
  EXPECT_EQ(absolute->path, "/p");
  EXPECT_EQ(absolute->query, (Query{{"q", "1"}}));
  EXPECT_EQ(parse_target("https://host").value().path, "/");
  EXPECT_EQ(parse_target("*").value().path, "*");
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const char* text : {"", "x", "host:443", "?a=1", "http://", "http:///x", "/a#b", "ftp://x/", "**"}) {
    EXPECT_FALSE(parse_target(text).ok()) << text;
  }
}

TEST(Target, RefusesBadEncodingControlCharactersAndInvalidUtf8) {
  for (const char* text : {"/%", "/%4", "/%zz", "/%00", "/a%0Ab", "/%7f", "/%ff", "/?a=%", "/?a=%00", "/?%0d=1", "/?a=%c3",
                           "/?=1"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target.ok()) << text;
    EXPECT_EQ(target.error().code(), ErrorCode::kInvalid);
  }
}

TEST(Target, RefusesAKeyThatStandsTwice) {
  const auto target = parse_target("/?task_name=a&task%5Fname=b");
  ASSERT_FALSE(target.ok());
  EXPECT_NE(target.error().message().find("task_name"), std::string::npos);
}

TEST(Target, TakesWhatEncodeMakes) {
  std::string hostile = "信 &=+%?#/\\\"'";
  EXPECT_EQ(parse_target("/?k=" + encode(hostile)).value().query.at("k"), hostile);
  EXPECT_EQ(encode("aZ09-._~ "), "aZ09-._~%20");
}

}  // namespace
}  // namespace pai::http
