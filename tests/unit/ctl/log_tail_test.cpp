// Following a log by looking at its end again and again.
#include "ctl/tasks/log_tail.h"

#include <gtest/gtest.h>

namespace pai::ctl::tasks {
namespace {

TEST(LogTail, FindsWhatWasAdded) {
  EXPECT_EQ(first_new({}, {"a", "b"}), 0U);
  EXPECT_EQ(first_new({"a", "b"}, {"a", "b"}), 2U);
  EXPECT_EQ(first_new({"a", "b"}, {"a", "b", "c"}), 2U);
  EXPECT_EQ(first_new({"a", "b", "c"}, {"b", "c", "d"}), 2U) << "the end alone is sent of a long log";
  EXPECT_EQ(first_new({"a", "b"}, {"x", "y"}), 0U) << "more was added than is sent, or the log began anew";
  EXPECT_EQ(first_new({"a", "a"}, {"a", "a", "a"}), 2U);
}

TEST(LogTail, LinesHaveNoEmptyOneAtTheEnd) {
  EXPECT_EQ(lines_of("a\n\nb\n"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_TRUE(lines_of("").empty());
}

}  // namespace
}  // namespace pai::ctl::tasks
