// The parser takes RFC 8259 and nothing more; hostile texts are refused with a place, and cost neither stack nor time.
#include "common/json/strict_json.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::json {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

Error error_of(const std::string& text, const Limits& limits = {}) {
  auto result = parse(text, limits);
  if (result.ok()) return Error(ErrorCode::kInternal, "it was accepted: " + canonical(*result));
  return std::move(result).error();
}

TEST(StrictJson, AcceptsEveryKindOfValue) {
  for (const auto* text : {"{}", "[]", "0", "-0", "1.5e-3", "\"\"", "true", "false", "null", " [1 , 2]\r\n\t",
                           R"({"a":{"b":[1,"\u00e4\ud83d\ude00\\\/\"",null]}})", "18446744073709551615"}) {
    EXPECT_TRUE(parse(text).ok()) << text;
  }
}

TEST(StrictJson, IgnoresAByteOrderMarkInFront) {
  const auto document = parse("\xEF\xBB\xBF{\"a\":1}");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document)["a"], 1);
  EXPECT_FALSE(parse("\xEF\xBB\xBF\xEF\xBB\xBF{}").ok());
}

TEST(StrictJson, KeepsIntegersAndFractionsApart) {
  const auto document = parse("[1, 1.0, -1, 1e0]");
  ASSERT_TRUE(document.ok());
  EXPECT_TRUE((*document)[0].is_number_integer());
  EXPECT_TRUE((*document)[1].is_number_float());
  EXPECT_TRUE((*document)[2].is_number_integer());
  EXPECT_TRUE((*document)[3].is_number_float());
}

TEST(StrictJson, RefusesWhatIsNoJson) {
  const std::vector<std::string> cases = {
      "{", "}", "[", "]", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "\"abc", "tru", "nul", "+1", "01", ".5", "1.", "1e",
      "0x10", "1 2", "{} {}", "[1 2]", "{\"a\" 1}", "{1:2}", "[,1]", "[1,,2]", "{,}", "\"\\x\"", "\"\\u12\"",
      "\"\\ud800\"", "\"a\nb\"", "\"a\tb\"", "\x01", "--1", "- 1", ":", ",", "\"a\":1", "\xC2\xA0{}", "{}\f"};
  for (const auto& text : cases) {
    const auto error = error_of(text);
    EXPECT_EQ(error.code(), ErrorCode::kInvalid) << text << ": " << error.describe();
    EXPECT_THAT(error.message(), HasSubstr("line 1")) << text;
    EXPECT_FALSE(error.details().empty()) << text;
  }
}

TEST(StrictJson, HasASentenceForAnEmptyBody) {
  EXPECT_EQ(error_of("").message(), "the body is empty: a JSON document was expected");
  EXPECT_EQ(error_of(" \n\t ").message(), "the body has only blanks: a JSON document was expected");
}

TEST(StrictJson, NamesLineAndColumnInCharacters) {
  EXPECT_THAT(error_of("{\n  \"中文\": 01\n}").message(), HasSubstr("line 2, column 10"));
}

TEST(StrictJson, RefusesNumbersThatAreNotFinite) {
  EXPECT_THAT(error_of("[1, 1e999]").message(), HasSubstr("is too large"));
  EXPECT_THAT(error_of("[-1e999]").message(), HasSubstr("1e999"));
  EXPECT_THAT(error_of("{\"a\": NaN}").message(), HasSubstr("NaN"));
  EXPECT_THAT(error_of("[Infinity]").message(), HasSubstr("finite"));
  EXPECT_THAT(error_of("[-Infinity]").message(), HasSubstr("finite"));
}

TEST(StrictJson, RefusesNulBytesAnywhere) {
  for (const auto& text : {"\0"s, "{}\0"s, "{}\0{\"hidden\":1}"s, "\"a\0b\""s, "\0{}"s}) {
    EXPECT_THAT(error_of(text).message(), HasSubstr("NUL")) << text;
  }
  EXPECT_TRUE(parse("\"\\u0000\"").ok());  // JSON allows it escaped; the validators refuse it where it matters
}

TEST(StrictJson, SaysWhereUtf8IsInvalid) {
  const auto error = error_of("{\n\"a\": \"\xFF\"}");
  EXPECT_THAT(error.message(), HasSubstr("invalid UTF-8 (byte 8) at line 2, column 7"));
  EXPECT_FALSE(parse("\"\xED\xA0\x80\"").ok());
  EXPECT_THAT(error_of("\xFF\xFE{\0}\0"s).message(), HasSubstr("UTF-16"));
}

TEST(StrictJson, RefusesEveryDuplicateKeyWithItsPath) {
  const auto error = error_of("{\"a\": 1,\n \"c\": [0, {\"x y\": 1, \"x y\": 2}],\n \"a\": {\"b\": 1, \"b\": 2}}");
  ASSERT_EQ(error.details().size(), 3u);
  EXPECT_EQ(error.details()[0].where, "c[1][\"x y\"]");
  EXPECT_EQ(error.details()[1].where, "a");
  EXPECT_EQ(error.details()[2].where, "a.b");
  EXPECT_THAT(error.details()[1].message, HasSubstr("line 3"));
  EXPECT_THAT(error.message(), HasSubstr("3 keys"));
}

TEST(StrictJson, SeesDuplicatesThroughEscapes) { EXPECT_FALSE(parse(R"({"a":1,"\u0061":2})").ok()); }

TEST(StrictJson, AllowsEqualKeysInDifferentObjects) { EXPECT_TRUE(parse(R"([{"a":1},{"a":{"a":2}}])").ok()); }

TEST(StrictJson, RefusesNestingBeyondTheLimitAndNotBefore) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse(nested(64)).ok());
  EXPECT_THAT(error_of(nested(65)).message(), HasSubstr("64 levels"));
  EXPECT_TRUE(parse(nested(3), {.depth_max = 3}).ok());
  EXPECT_FALSE(parse(nested(4), {.depth_max = 3}).ok());
}

TEST(StrictJson, NeverRecursesIntoHostileNesting) {
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(error_of(std::string(100'000, '[')).message(), HasSubstr("levels"));
  EXPECT_THAT(error_of(objects).message(), HasSubstr("levels"));
}

TEST(StrictJson, RefusesTooManyBytesBeforeReadingThem) {
  EXPECT_EQ(error_of(std::string((1 << 20) + 1, ' ')).code(), ErrorCode::kTooLarge);
  EXPECT_EQ(error_of("[1,2]", {.bytes_max = 4}).code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(parse("[1,2]", {.bytes_max = 5}).ok());
}

TEST(StrictJson, CutsWhatItShowsOfAHostileText) {
  EXPECT_LT(error_of("\"" + std::string(500'000, 'x')).message().size(), 1000u);
  EXPECT_LT(error_of("{\"" + std::string(1000, 'k') + "\":1,\"" + std::string(1000, 'k') + "\":2}").message().size(), 1000u);
}

TEST(Paths, AreReadable) {
  EXPECT_EQ(child_path("", "clients"), "clients");
  EXPECT_EQ(child_path("clients[2]", "addr"), "clients[2].addr");
  EXPECT_EQ(child_path("a", "x y"), "a[\"x y\"]");
  EXPECT_EQ(child_path("", ""), "[\"\"]");
  EXPECT_EQ(child_path("a", "x\n"), "a[\"x\\x0a\"]");
  EXPECT_EQ(element_path("clients", 2), "clients[2]");
}

TEST(Canonical, IsTheSameForEqualDocuments) {
  EXPECT_EQ(canonical(*parse(R"({ "b" : [1, 2.5], "a" : "\u00e4" })")), "{\"a\":\"ä\",\"b\":[1,2.5]}");
  EXPECT_EQ(canonical(*parse("{\"a\":\"ä\",\"b\":[1,25e-1]}")), "{\"a\":\"ä\",\"b\":[1,2.5]}");
}

}  // namespace
}  // namespace pai::json
