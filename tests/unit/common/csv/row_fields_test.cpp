// Fields of a row, and IDs as bytes.
#include "common/csv/row_fields.h"

#include <gtest/gtest.h>

namespace pai::csv {
namespace {

Layout layout_of(std::vector<std::uint32_t> id_columns) {
  Layout layout;
  layout.id_columns = std::move(id_columns);
  return layout;
}

/// The ID of a row whose first ID column is `column`; "EMPTY" when it is.
std::string id_of(const std::string& text, const std::vector<std::uint32_t>& columns) {
  RowFields fields;
  fields.split(text);
  const std::string_view first = fields[columns[0]];
  const Row row{text.data(), static_cast<std::uint32_t>(text.size()),
                static_cast<std::uint32_t>(first.data() - text.data()),
                static_cast<std::uint32_t>(first.size())};
  IdReader reader(layout_of(columns));
  std::size_t empty_at = 0;
  const auto ids = reader.read({&row, 1}, empty_at);
  return ids.empty() ? "EMPTY" : std::string(ids[0]);
}

TEST(RowFields, SplitLongAndQuotedRows) {
  std::string text = "\"a,b\"";
  for (int i = 0; i < 200; ++i)
    text += "," + (i % 5 == 0 ? "\"" + std::to_string(i) + ",\n\"" : std::to_string(i));
  RowFields fields;
  fields.split(text);
  ASSERT_EQ(fields.size(), 201u);
  EXPECT_EQ(fields[0], "\"a,b\"");
  EXPECT_EQ(fields[1], "\"0,\n\"");
  EXPECT_EQ(fields[200], "199");
}

TEST(Ids, AreTheUnquotedBytes) {
  EXPECT_EQ(id_of("007,x", {0}), "007");
  EXPECT_EQ(id_of("\"007\",x", {0}), "007");
  EXPECT_EQ(id_of("x,\"a\"\"b,c\"", {1}), "a\"b,c");
  EXPECT_EQ(id_of("张三,x", {0}), "张三");
  EXPECT_EQ(id_of(std::string(300, '9') + ",x", {0}), std::string(300, '9'));
  EXPECT_EQ(id_of(" a ,x", {0}), " a ");
}

TEST(Ids, OfSeveralColumnsAreUnambiguous) {
  EXPECT_NE(id_of("a,bc", {0, 1}), id_of("ab,c", {0, 1}));
  EXPECT_NE(id_of("a,b", {0, 1}), id_of("a,b", {1, 0}));
  EXPECT_EQ(id_of("\"a\",b", {0, 1}), id_of("a,\"b\"", {0, 1}));
  EXPECT_EQ(id_of("a,b", {0, 1}), std::string("\1\0\0\0a\1\0\0\0b", 10));
}

TEST(Ids, MayNotBeEmptyInAnyColumn) {
  EXPECT_EQ(id_of(",x", {0}), "EMPTY");
  EXPECT_EQ(id_of("\"\",x", {0}), "EMPTY");
  EXPECT_EQ(id_of("a,", {0, 1}), "EMPTY");
}

}  // namespace
}  // namespace pai::csv
