// docs/task-json.md says what the declarations say: its tables are made from them (PAI_UPDATE_DOCS=1 writes them anew).
// Each example there and in docs/training.md is a task.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

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

std::string read_page(const std::string& page = kPage) {
  std::ifstream file(page);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A row a setting; the members of an object follow it.
void add_rows(std::string& text, std::span<const Setting> settings, const std::string& prefix) {
  for (const auto& setting : settings) {
    text.append("| `").append(prefix).append(setting.name).append("` | ");
    text.append(setting.kind == Setting::Kind::kObject ? "an object" : expectation(setting));
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
    add_rows(text, {setting.members, setting.members_count}, prefix + std::string(setting.name) + ".");
  }
}

std::string tables() {
  std::string text;
  for (const auto& info : client_types()) {
    std::string roles;
    for (const auto role : info.roles) roles.append(roles.empty() ? "`" : ", `").append(role_name(role)).append("`");
    text.append("### `").append(info.name).append("`\n\nRole: ").append(roles).append(".\n\n");
    text.append("| setting | value | default | what it does |\n| --- | --- | --- | --- |\n");
    add_rows(text, info.settings, "");
    text.append("\n");
  }
  return text;
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

/// The tasks in the page's ```json blocks; adds to the expectations.
std::vector<TaskSpec> examples_of(const std::string& page) {
  const auto text = read_page(page);
  const std::string open = "```json\n";
  std::vector<TaskSpec> examples;
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const auto begin = at + open.size();
    const auto document = json::parse(text.substr(begin, text.find("\n```", begin) - begin));
    EXPECT_TRUE(document.ok()) << page << ": " << document.error().describe();
    if (!document.ok()) continue;
    auto spec = validate(*document);
    EXPECT_TRUE(spec.ok()) << page << ": " << all_faults(spec.error());
    if (spec.ok()) examples.push_back(*std::move(spec));
  }
  return examples;
}

TEST(SettingsPage, HasExamplesThatAreTasks) { EXPECT_GE(examples_of(kPage).size(), 2u); }

TEST(TrainingPage, HasExamplesThatAreTrainings) {
  const auto examples = examples_of(PAI_SOURCE_DIR "/docs/training.md");
  EXPECT_GE(examples.size(), 6u);
  for (const auto& spec : examples) EXPECT_NE(spec.family(), Family::kAlignment) << spec.name;
}

TEST(BoostingPage, HasAnExampleThatIsABoosting) {
  const auto examples = examples_of(PAI_SOURCE_DIR "/docs/boosting.md");
  ASSERT_GE(examples.size(), 1u);
  for (const auto& spec : examples) EXPECT_EQ(spec.family(), Family::kSecureXgboost) << spec.name;
}

void expect_well_declared(std::span<const Setting> settings) {
  for (const auto& setting : settings) {
    EXPECT_FALSE(setting.help.empty()) << setting.name;
    EXPECT_TRUE(setting.default_json.empty() || nlohmann::json::accept(setting.default_json)) << setting.name;
    EXPECT_FALSE(setting.required && !setting.default_json.empty()) << setting.name;
    const bool chooses = setting.kind == Setting::Kind::kChoice || setting.kind == Setting::Kind::kChoices;
    EXPECT_EQ(chooses, !setting.choices.empty()) << setting.name;
    EXPECT_EQ(setting.kind == Setting::Kind::kIntegers, setting.elements_max != 0) << setting.name;
    EXPECT_EQ(setting.kind == Setting::Kind::kObject, setting.members_count != 0) << setting.name;
    expect_well_declared({setting.members, setting.members_count});
    if (setting.default_json.empty()) continue;
    Faults faults;
    const auto given = nlohmann::json::parse(setting.default_json);
    const auto normal = check_setting(setting, given, "default", faults);
    ASSERT_TRUE(normal.has_value()) << setting.name;
    // An object has its members' defaults afterwards.
    if (setting.kind == Setting::Kind::kObject) continue;
    EXPECT_EQ(*normal, given) << setting.name << " has a default that is not in its normal form";
  }
}

TEST(Settings, AreDeclaredSoThatTheirDefaultsPass) {
  for (const auto& info : client_types()) {
    EXPECT_FALSE(info.roles.empty()) << info.name;
    EXPECT_FALSE(info.families.empty()) << info.name;
    expect_well_declared(info.settings);
  }
}

}  // namespace
}  // namespace pai::task
