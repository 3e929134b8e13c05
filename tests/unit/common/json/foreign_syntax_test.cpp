// What people paste: the published reference with its comments, Python dictionaries, JavaScript objects, typographic marks.
#include "common/json/foreign_syntax.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"

namespace pai::json {
namespace {

using ::testing::HasSubstr;

Error error_of(const std::string& text) {
  auto result = parse(text);
  if (result.ok()) return Error(ErrorCode::kInternal, "it was accepted");
  return std::move(result).error();
}

TEST(ForeignSyntax, NamesTheLineOfEachKindOfComment) {
  EXPECT_EQ(error_of("{\n\n\"a\": 1 # one\n}").message(), "line 3 has a comment (#): JSON has none; remove it");
  EXPECT_EQ(error_of("{\"a\": 1} // done").message(), "line 1 has a comment (//): JSON has none; remove it");
  EXPECT_EQ(error_of("\n/* before\n after */ {}").message(), "line 2 has a comment (/*): JSON has none; remove it");
  EXPECT_EQ(error_of("# only a comment").message(), "line 1 has a comment (#): JSON has none; remove it");
}

TEST(ForeignSyntax, NamesTheLineOfATrailingComma) {
  EXPECT_THAT(error_of("{\n\"a\": [1,\n2,\n]}").message(), HasSubstr("line 3 has a trailing comma"));
  EXPECT_THAT(error_of("{\"a\": 1,\n\n}").message(), HasSubstr("line 1 has a trailing comma"));
}

TEST(ForeignSyntax, FindsATrailingCommaBehindAComment) {
  const auto error = error_of("{\n\"a\": 1,  # the last\n}");
  EXPECT_THAT(error.message(), HasSubstr("comments in line 2"));
  EXPECT_THAT(error.message(), HasSubstr("trailing commas in line 2"));
  EXPECT_EQ(error.details().size(), 2u);
}

TEST(ForeignSyntax, ListsEveryLineOfACommentedDocument) {
  std::string text = "{\n";
  for (int i = 0; i < 30; ++i) text += "# line\n";
  const auto error = error_of(text + "}");
  EXPECT_THAT(error.message(), HasSubstr("comments in lines 2, 3, 4"));
  EXPECT_THAT(error.message(), HasSubstr("and 10 more"));
  EXPECT_EQ(error.details().size(), 20u);
  EXPECT_EQ(error.details()[0].where, "line 2, column 1");
}

TEST(ForeignSyntax, LeavesMarksInsideStringsAlone) {
  EXPECT_TRUE(parse(R"({"url": "http://x/#a", "b": "/* \" // */", "c": "it's, ]", "d": "“"})").ok());
  const auto error = error_of("{\"url\": \"http://x/#a\", tru}");
  EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("comment")));
}

TEST(ForeignSyntax, RecognisesAPythonDictionary) {
  const auto error = error_of("{'task_name': 'x # no comment',\n'on': True, 'n': None}");
  EXPECT_THAT(error.message(), HasSubstr("single quotes in lines 1, 2"));
  EXPECT_THAT(error.message(), HasSubstr("Python words in line 2"));
  EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("comment")));
  EXPECT_THAT(error.hint(), HasSubstr("json.dumps"));
}

TEST(ForeignSyntax, RecognisesWordsWithoutQuotesAndTypographicMarks) {
  EXPECT_THAT(error_of("{task_name: 1}").message(), HasSubstr("a word without quotes (task_name)"));
  EXPECT_THAT(error_of("{“a”: 1}").message(), HasSubstr("typographic mark (“)"));
  EXPECT_THAT(error_of("{\"a\"：1}").message(), HasSubstr("typographic mark (：)"));
}

TEST(ForeignSyntax, StopsWhereAStringIsNotClosed) {
  const auto error = error_of("{\"a\": \"open,\n\"b\": \"http://x\"}");
  EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("comment")));
  EXPECT_THAT(error.message(), HasSubstr("line 1"));
}

TEST(ForeignSyntax, ReportsTheSyntaxRatherThanADuplicateKey) {
  EXPECT_THAT(error_of("{\"a\":1,\"a\":2} # x").message(), HasSubstr("comment"));
}

TEST(Positions, CountCharactersFromOne) {
  EXPECT_EQ(to_string(position_at("ab\n中文x", 9)), "line 2, column 3");
  EXPECT_EQ(to_string(position_at("\xEF\xBB\xBF{", 3)), "line 1, column 1");
  EXPECT_EQ(to_string(position_at("a", 100)), "line 1, column 2");
}

}  // namespace
}  // namespace pai::json
