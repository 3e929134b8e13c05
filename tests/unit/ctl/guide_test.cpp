// Completion, manual pages and the reference page are made from the grammar: nothing of it is missing in them, and each example is understood. The
// completion for bash is asked by bash itself.
#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "ctl/command_line.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::ctl {
namespace {

using guide::Command;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

/// Words of a shell line with double quotes.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  bool quoted = false, begun = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      if (!begun) words.emplace_back();
      begun = true;
    } else if (c == ' ' && !quoted) {
      begun = false;
    } else {
      if (!begun) words.emplace_back();
      begun = true;
      words.back() += c;
    }
  }
  return words;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The commands of paictl in an example, without its name.
std::vector<std::vector<std::string>> commands_of(const std::string& example) {
  std::vector<std::vector<std::string>> commands;
  for (std::string line : lines_of(example)) {
    const auto from = line.find("paictl ");
    if (from == std::string::npos || line.starts_with("export")) continue;
    line = line.substr(from + 7);
    line = line.substr(0, line.find_first_of("|)"));
    commands.push_back(words_of(line));
  }
  return commands;
}

std::string after_program(const Command& command) { return command.path.substr(std::min(command.path.size(), std::string("paictl ").size())); }

std::vector<std::string> flags_of(const Command& command) {
  std::vector<std::string> flags;
  for (const auto& flag : command.flags) {
    flags.push_back(flag.long_name);
    if (!flag.short_name.empty()) flags.push_back(flag.short_name);
  }
  return flags;
}

TEST(Guide, KnowsTheVerbs) {
  std::set<std::string> paths;
  const auto program = outline();
  guide::for_each(program, [&](const Command& command) { paths.insert(command.path); });
  EXPECT_THAT(paths, IsSupersetOf({"paictl task run", "paictl task watch", "paictl data list", "paictl node list", "paictl preflight", "paictl pki issue", "paictl grant add",
                                   "paictl ledger compare", "paictl audit verify", "paictl user renew", "paictl explain", "paictl completion"}));
  EXPECT_GT(paths.size(), 45U);
}

TEST(Guide, EveryVerbHasAnExampleThatIsUnderstoodAndShownByItsHelp) {
  const auto program = outline();
  guide::for_each(program, [&](const Command& command) {
    const auto commands = commands_of(command.example);
    ASSERT_FALSE(commands.empty()) << command.path;
    bool own = false;
    for (const auto& words : commands) {
      std::string line;
      for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
      own = own || line.starts_with(after_program(command));
      const auto read = read_command_line(words);
      EXPECT_TRUE(read.ok()) << command.path << ": " << line << ": " << read.error().describe();
    }
    EXPECT_TRUE(own) << command.path << " has no example of its own";
    auto words = words_of(after_program(command));
    words.push_back("--help");
    const auto help = read_command_line(words);
    ASSERT_TRUE(help.ok()) << command.path;
    EXPECT_THAT(std::get<PrintOptions>(*help).text, HasSubstr("Example")) << command.path;
  });
}

TEST(Guide, EveryVerbThatSaysSomethingSaysItAsJsonToo) {
  const auto program = outline();
  guide::for_each(program, [&](const Command& command) {
    if (!command.commands.empty() || command.path == "paictl completion" || command.path == "paictl man") return;
    EXPECT_THAT(flags_of(command), ::testing::Contains("--output")) << command.path;
  });
}

class Completion : public ::testing::Test {
 protected:
  /// What bash offers at the end of each line, a line of words each.
  std::vector<std::vector<std::string>> offered(const std::vector<std::string>& lines) {
    test::write_text(folder_ / "completion", guide::bash_completion(outline()));
    std::string script = "set -u\ncd " + folder_.path().string() + "\nsource ./completion\n";
    for (const auto& line : lines) {
      // A blank at the end begins a new word.
      script += "COMP_WORDS=(" + line + (line.ends_with(' ') ? "''" : "") + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _paictl; echo \"${COMPREPLY[*]}\"\n";
    }
    test::write_text(folder_ / "script", script);
    const auto log = folder_ / "log";
    test::Process bash({"/bin/bash", (folder_ / "script").string()}, log);
    EXPECT_EQ(bash.wait(std::chrono::seconds(60)), 0);
    std::vector<std::vector<std::string>> answers;
    for (const auto& line : lines_of(test::read_text(log))) answers.push_back(words_of(line));
    answers.resize(lines.size());
    return answers;
  }
  test::TempFolder folder_;
};

TEST_F(Completion, BashOffersEveryVerbAndEveryFlag) {
  std::vector<std::string> lines;
  std::vector<std::vector<std::string>> expected;
  const auto program = outline();
  guide::for_each(program, [&](const Command& command) {
    lines.push_back(command.path + " -");
    expected.push_back(flags_of(command));
    if (command.commands.empty()) return;
    lines.push_back(command.path + " ");
    expected.emplace_back();
    for (const auto& below : command.commands) expected.back().push_back(below.name());
  });
  const auto answers = offered(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_THAT(answers[i], IsSupersetOf(expected[i])) << lines[i];
}

TEST_F(Completion, BashOffersValues) {
  std::filesystem::create_directory(folder_ / "a folder");
  test::write_text(folder_ / "task.json", "{}");
  const auto answers = offered({"paictl task run -o ", "paictl task run --output = js", "paictl task run ta", "paictl task run --ca ta", "paictl pki init --dir a",
                                "paictl user add alice --role ", "paictl completion ", "paictl tas", "paictl task run task.json --ti"});
  EXPECT_THAT(answers[0], ::testing::ElementsAre("text", "json"));
  EXPECT_THAT(answers[1], ::testing::ElementsAre("json"));
  EXPECT_THAT(answers[2], ::testing::ElementsAre("task.json"));
  EXPECT_THAT(answers[3], ::testing::ElementsAre("task.json"));
  EXPECT_THAT(answers[4], ::testing::ElementsAre("a", "folder")) << "one answer with a blank";
  EXPECT_THAT(answers[5], ::testing::ElementsAre("viewer", "operator", "admin"));
  EXPECT_THAT(answers[6], IsSupersetOf({"bash", "zsh"}));
  EXPECT_THAT(answers[7], ::testing::ElementsAre("task"));
  EXPECT_THAT(answers[8], ::testing::ElementsAre("--timeout"));
}

TEST_F(Completion, ZshHasEveryVerbAndEveryFlag) {
  const auto script = guide::zsh_completion(outline());
  const auto program = outline();
  guide::for_each(program, [&](const Command& command) {
    std::string name = "_" + command.path;
    std::replace(name.begin(), name.end(), ' ', '_');
    const auto from = script.find("\n" + name + "() {");
    ASSERT_NE(from, std::string::npos) << command.path;
    const auto body = script.substr(from, script.find("\n}\n", from) - from);
    for (const auto& flag : flags_of(command)) EXPECT_THAT(body, HasSubstr(flag)) << command.path;
    for (const auto& below : command.commands) EXPECT_THAT(body, HasSubstr("'" + below.name() + ":")) << command.path;
  });
  if (!std::filesystem::exists("/usr/bin/zsh")) return;
  test::write_text(folder_ / "_paictl", script);
  test::Process zsh({"/usr/bin/zsh", "-n", (folder_ / "_paictl").string()}, folder_ / "log");
  EXPECT_EQ(zsh.wait(std::chrono::seconds(30)), 0) << test::read_text(folder_ / "log");
}

std::string unescaped(std::string page) {
  for (auto at = page.find("\\-"); at != std::string::npos; at = page.find("\\-", at)) page.erase(at, 1);
  return page;
}

TEST(Guide, ManualPagesHaveEveryVerbFlagAndExample) {
  const auto program = outline();
  const auto whole = unescaped(guide::man_page(program, program, "1"));
  for (const auto& command : program.commands) {
    EXPECT_THAT(whole, HasSubstr(guide::man_name(command)));
    const auto page = unescaped(guide::man_page(program, command, "1"));
    guide::for_each(command, [&](const Command& verb) {
      EXPECT_THAT(page, HasSubstr(verb.path.substr(0, verb.path.rfind(' '))));
      for (const auto& flag : verb.flags) EXPECT_THAT(page, HasSubstr(flag.long_name)) << verb.path;
      EXPECT_THAT(page, HasSubstr(verb.example)) << verb.path;
    });
  }
}

TEST(Guide, ThePageOfPaictlIsTrue) {
  const std::string page = test::read_text(std::string(PAI_SOURCE_DIR) + "/docs/paictl.md");
  EXPECT_TRUE(page.ends_with(guide::markdown(outline()))) << "the end of docs/paictl.md is what `paictl man --markdown` prints, and it is not";
}

}  // namespace
}  // namespace pai::ctl
