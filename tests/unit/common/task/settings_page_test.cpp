// docs/task-json.md says what the declarations say: its tables are made from them (PAI_UPDATE_DOCS=1 writes them anew),
// and each of its examples is a task.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/setting_check.h"
#include "common/task/settings.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

const std::string kPage = PAI_SOURCE_DIR "/docs/task-json.md";
const std::string kBegin = "<!-- made from the declarations: begin -->\n";
const std::string kEnd = "<!-- made from the declarations: end -->\n";

std::string read_page() {
  std::ifstream file(kPage);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string tables() {
  std::string text;
  std::string reserved;
  for (const auto& info : client_types()) {
    std::string roles;
    for (const auto role : info.roles) roles.append(roles.empty() ? "`" : ", `").append(role_name(role)).append("`");
    if (!info.available) {
      reserved.append("| `").append(info.name).append("` | ").append(roles).append(" |\n");
      continue;
    }
    text.append("### `").append(info.name).append("`\n\nRole: ").append(roles).append(".\n\n");
    text.append("| setting | value | default | what it does |\n| --- | --- | --- | --- |\n");
    for (const auto& setting : info.settings) {
      text.append("| `").append(setting.name).append("` | ").append(expectation(setting));
      if (!setting.unit.empty()) text.append(" (").append(setting.unit).append(")");
      text.append(" | ");
      if (setting.required) {
        text.append("required");
      } else if (setting.default_json.empty()) {
        text.append("absent");
      } else {
        text.append("`").append(setting.default_json).append("`");
      }
      text.append(" | ").append(setting.help).append(" |\n");
    }
    text.append("\n");
  }
  return text + "### Reserved names\n\nTypes of later releases: a task that uses one is refused with a sentence that says so.\n\n" +
         "| type | role |\n| --- | --- |\n" + reserved;
}

TEST(SettingsPage, SaysWhatTheDeclarationsSay) {
  auto page = read_page();
  const auto begin = page.find(kBegin);
  const auto end = page.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << kPage << " has no marks";
  const auto from = begin + kBegin.size();
  if (std::getenv("PAI_UPDATE_DOCS") != nullptr) {
    page.replace(from, end - from, "\n" + tables() + "\n");
    std::ofstream(kPage) << page;
    return;
  }
  EXPECT_EQ(page.substr(from, end - from), "\n" + tables() + "\n")
      << "the settings changed: run this test with PAI_UPDATE_DOCS=1 and look at the page";
}

TEST(SettingsPage, HasExamplesThatAreTasks) {
  const auto page = read_page();
  const std::string open = "```json\n";
  int examples = 0;
  for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
    const auto begin = at + open.size();
    const auto document = json::parse(page.substr(begin, page.find("\n```", begin) - begin));
    ASSERT_TRUE(document.ok()) << document.error().describe();
    const auto spec = validate(*document);
    EXPECT_TRUE(spec.ok()) << all_faults(spec.error());
    ++examples;
  }
  EXPECT_GE(examples, 2);
}

TEST(Settings, AreDeclaredSoThatTheirDefaultsPass) {
  for (const auto& info : client_types()) {
    EXPECT_FALSE(info.roles.empty()) << info.name;
    EXPECT_FALSE(info.families.empty()) << info.name;
    for (const auto& setting : info.settings) {
      EXPECT_FALSE(setting.help.empty()) << setting.name;
      EXPECT_TRUE(setting.default_json.empty() || nlohmann::json::accept(setting.default_json)) << setting.name;
      EXPECT_FALSE(setting.required && !setting.default_json.empty()) << setting.name;
      const bool chooses = setting.kind == Setting::Kind::kChoice || setting.kind == Setting::Kind::kChoices;
      EXPECT_EQ(chooses, !setting.choices.empty()) << setting.name;
      EXPECT_EQ(setting.kind == Setting::Kind::kIntegers, setting.elements_max != 0) << setting.name;
      if (setting.default_json.empty()) continue;
      Faults faults;
      const auto given = nlohmann::json::parse(setting.default_json);
      const auto normal = check_setting(setting, given, "default", faults);
      ASSERT_TRUE(normal.has_value()) << setting.name;
      EXPECT_EQ(*normal, given) << setting.name << " has a default that is not in its normal form";
    }
  }
}

}  // namespace
}  // namespace pai::task
