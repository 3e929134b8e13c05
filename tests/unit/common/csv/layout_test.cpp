// Headers and which columns a request means.
#include "common/csv/layout.h"

#include <gtest/gtest.h>

namespace pai::csv {
namespace {

Header header_of(const std::string& text) {
  return parse_header("t.csv", text, true).value();
}

std::string refusal(const std::string& header, const ColumnRequest& request) {
  const auto layout = resolve("t.csv", header_of(header), request);
  return layout.ok() ? "" : layout.error().describe();
}

TEST(Header, TakesOffQuotesMarkAndLineEnd) {
  const Header header = header_of("\xEF\xBB\xBF\r\n\nid,\"a \"\"b\"\"\",\"c,\n\",\r\nrows");
  EXPECT_EQ(header.names, (std::vector<std::string>{"id", "a \"b\"", "c,\n", ""}));
  EXPECT_EQ(header.raw[1], "\"a \"\"b\"\"\"");
  EXPECT_EQ(header.rows_line, 5u);
  EXPECT_EQ(header.rows_offset, std::string("\xEF\xBB\xBF\r\n\nid,\"a \"\"b\"\"\",\"c,\n\",\r\n").size());
}

TEST(Header, RefusesWhatIsNone) {
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "'t.csv' line 1: the file is empty"},
           {"\n\r\n", "'t.csv' line 3: the file is empty"},
           {"a,\"b\nc", "'t.csv' line 1: a double quote is opened here and never closed"},
           {"a,b\"c\n",
            "'t.csv' line 1: a double quote stands inside an unquoted field, or text follows a closing one"},
           {"\"a\"b\n",
            "'t.csv' line 1: a double quote stands inside an unquoted field, or text follows a closing one"},
           {std::string("a\0b\n", 4), "'t.csv' line 1: a NUL byte"},
           {"a\rb\n", "'t.csv' line 1: a carriage return without a line feed after it"},
           {"\xFF\xFE"
            "a\n",
            "'t.csv' line 1: bytes that are not UTF-8"}}) {
    const auto header = parse_header("t.csv", text, true);
    ASSERT_FALSE(header.ok()) << text;
    EXPECT_EQ(header.error().message(), message);
    EXPECT_EQ(header.error().details().at(0).kind, ErrorDetail::Kind::kFile);
  }
  EXPECT_EQ(parse_header("t.csv", "no end", false).error().message(),
            "'t.csv' line 1: the header line is longer than 1 MiB");
}

TEST(Columns, DefaultToTheFirstAsIdAndAllOthers) {
  const auto layout = resolve("t.csv", header_of("id,a,b\n"), {}).value();
  EXPECT_EQ(layout.id_columns, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(layout.value_columns, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_TRUE(layout.keeps_file_order());
}

TEST(Columns, AreFoundByNameAndPositionInTheOrderAsked) {
  const auto layout = resolve("t.csv", header_of("a,b,c,d\n"),
                              {.columns = {{"d", std::uint64_t{0}}}, .id_columns = {"c", "b"}})
                          .value();
  EXPECT_EQ(layout.id_columns, (std::vector<std::uint32_t>{2, 1}));
  EXPECT_EQ(layout.value_names(), (std::vector<std::string>{"d", "a"}));
  EXPECT_FALSE(layout.keeps_file_order());
}

TEST(Columns, MayBeNoneOrHaveDuplicateNamesThatNobodyAsksFor) {
  EXPECT_TRUE(resolve("t.csv", header_of("id,a\n"),
                      {.columns = std::vector<ColumnRequest::Column>{}, .id_columns = {}})
                  .value()
                  .value_columns.empty());
  EXPECT_EQ(resolve("t.csv", header_of("id,a,a\n"), {}).value().value_columns.size(), 2u);
}

TEST(Columns, AreRefusedWithAllFaultsAtOnce) {
  const std::string all =
      refusal("id,age,a,a\n",
              {.columns = {{"Age", std::uint64_t{9}, "a", "id", "age", std::uint64_t{1}}}, .id_columns = {}});
  for (const char* part :
       {"column 'Age' is not in the header, which has 4 columns; one differs by letter case only",
        "column 9 is not in the file, which has columns 0 to 3",
        "column 'a' stands in the header more than once; ask for it by position",
        "column 'id' is an ID column, which no training table holds", "column 1 is asked for twice"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " in " << all;
  }
}

TEST(Columns, ThatAreMissingAreToldWithoutACellOfTheFirstLine) {
  // A table without a header has a person there.
  EXPECT_EQ(refusal("Alice,42\n", {.columns = {{"age"}}, .id_columns = {}}).find("Alice"), std::string::npos);
}

TEST(Columns, HintAtAnotherSeparator) {
  EXPECT_NE(
      refusal("id;age;income\n", {.columns = {{"income"}}, .id_columns = {}}).find("separated by commas?"),
      std::string::npos);
}

}  // namespace
}  // namespace pai::csv
