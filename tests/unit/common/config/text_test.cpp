// What comes from the declaration: --help, --version and the documentation's table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/settings.h"

namespace pai::config {
namespace {

using ::testing::HasSubstr;
using Kind = Setting::Kind;

Declaration declaration() {
  return {.program = "pai-test",
          .summary = "A program for tests.",
          .settings = {{.name = "name", .kind = Kind::kString, .required = true, .help = "its name"},
                       {.name = "node_timeout", .kind = Kind::kNumber, .default_value = 10, .min = 0.5, .max = 3600, .unit = "s", .help = "patience | wait"},
                       {.name = "log.level", .kind = Kind::kChoice, .default_value = "info", .choices = {"debug", "info"}, .help = "how much"}},
          .tables = {{.name = "nodes", .columns = {{.name = "addr", .kind = Kind::kString, .required = true, .help = "address"}}, .help = "the nodes"}}};
}

TEST(Help, ListsEverySettingWithDefaultRangeAndUnit) {
  const auto result = read(declaration(), {"--help"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->action, Invocation::Action::kPrintAndExit);
  for (const char* text : {"A program for tests.", "Usage: pai-test [--config FILE] --name TEXT", "--check-config", "--version",
                           "--node-timeout X", "default 10", "0.5–3600 s", "--log-level WORD", "debug, info", "(required)", "[[nodes]]", "addr"}) {
    EXPECT_THAT(result->print, HasSubstr(text));
  }
}

TEST(Help, WinsOverFaults) {
  const auto result = read(declaration(), {"--nonsense", "-h"});
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->print, HasSubstr("Usage"));
}

TEST(Manual, PagesHaveEverySettingWithDefaultAndRange) {
  for (const char* section : {"5", "8"}) {
    const auto result = read(declaration(), {"--manual", section});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->action, Invocation::Action::kPrintAndExit);
    EXPECT_THAT(result->print, HasSubstr(".SH NAME"));
    for (const char* text : {"default 10", "0.5–3600 s", "its name"}) EXPECT_THAT(result->print, HasSubstr(text)) << section;
  }
  EXPECT_THAT(read(declaration(), {"--manual", "5"})->print, HasSubstr("\\fBlog.level\\fR"));
  EXPECT_THAT(read(declaration(), {"--manual", "8"})->print, HasSubstr("\\fB\\-\\-log\\-level\\fR"));
}

TEST(Version, IsProgramAndNumber) {
  const auto result = read(declaration(), {"--version"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->action, Invocation::Action::kPrintAndExit);
  EXPECT_THAT(result->print, ::testing::MatchesRegex("pai-test [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(result->print, "pai-test " + version() + "\n");
}

TEST(Document, IsAMarkdownTable) {
  EXPECT_EQ(document(declaration()),
            "| setting | flag | type | default | range, unit | meaning |\n"
            "| --- | --- | --- | --- | --- | --- |\n"
            "| `name` | `--name` | text | required |  | its name |\n"
            "| `node_timeout` | `--node-timeout` | number | `10` | 0.5–3600 s | patience \\| wait |\n"
            "| `log.level` | `--log-level` | choice | `\"info\"` | debug, info | how much |\n"
            "\n`[[nodes]]`: the nodes\n\n"
            "| column | type | default | range, unit | meaning |\n"
            "| --- | --- | --- | --- | --- |\n"
            "| `addr` | text | required |  | address |\n");
}

}  // namespace
}  // namespace pai::config
