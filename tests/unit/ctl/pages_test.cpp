// What the pages tell people to type: every command line of paictl in a block of commands is understood by its grammar, and every verb that a
// sentence names is there. Nothing is run.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "ctl/command_line.h"
#include "support/temp_folder.h"

namespace pai::ctl {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = PAI_SOURCE_DIR;

std::vector<fs::path> pages() {
  std::vector<fs::path> found{kRoot / "README.md", kRoot / "README.zh-CN.md", kRoot / "CHANGELOG.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

/// The commands of ```sh blocks, and those behind the prompt of ```console blocks; a line that goes on is one.
std::vector<std::string> commands_in(const std::string& page) {
  std::vector<std::string> commands;
  std::istringstream lines(page);
  std::string block;
  std::string begun;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    if (line.starts_with("```")) {
      block = block.empty() ? line.substr(3) : "";
      if (block.empty() && line != "```") block = "text";
      continue;
    }
    if (block == "console" && line.starts_with("$ ")) line.erase(0, 2);
    else if (block != "sh") continue;
    if (line.ends_with('\\')) {
      begun += line.substr(0, line.size() - 1);
      continue;
    }
    commands.push_back(begun + line);
    begun.clear();
  }
  return commands;
}

/// The words behind `paictl`, up to what ends a command in a shell. Quotes group and go.
std::vector<std::string> words_behind(const std::string& line, std::size_t at) {
  std::vector<std::string> words;
  char quote = 0;
  bool begun = false;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
      else words.back() += c;
      continue;
    }
    if (std::string_view("|;&><)").find(c) != std::string_view::npos || (c == '#' && !begun) || (c == '\\' && !begun)) break;
    if (c == ' ') {
      begun = false;
      continue;
    }
    if (!begun) words.emplace_back();
    begun = true;
    if (c == '\'' || c == '"') quote = c;
    else words.back() += c;
  }
  return words;
}

TEST(Pages, HaveNoCommandOfPaictlThatItDoesNotUnderstand) {
  int seen = 0;
  const std::regex program(R"((^|[ (/])paictl )");
  for (const auto& page : pages()) {
    for (const auto& line : commands_in(test::read_text(page))) {
      if (line.starts_with('#')) continue;
      for (std::sregex_iterator at(line.begin(), line.end(), program), end; at != end; ++at) {
        const auto words = words_behind(line, static_cast<std::size_t>(at->position() + at->length()));
        const bool left_out = std::any_of(words.begin(), words.end(), [](const auto& word) { return word.find("…") != std::string::npos; });
        if (words.empty() || left_out) continue;
        const auto read = read_command_line(words);
        EXPECT_TRUE(read.ok()) << page.filename() << ": " << line << ": " << read.error().describe();
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 90) << "the blocks are not found any more";
}

TEST(Pages, NameNoVerbThatPaictlLacks) {
  std::set<std::string> paths;
  std::set<std::string> groups;
  guide::for_each(outline(), [&](const guide::Command& command) {
    paths.insert(command.path);
    if (!command.commands.empty()) groups.insert(command.path);
  });
  int seen = 0;
  const std::regex named(R"(`paictl ([a-z]+)(?: ([a-z|]+))?)");
  for (const auto& page : pages()) {
    const auto text = test::read_text(page);
    for (std::sregex_iterator at(text.begin(), text.end(), named), end; at != end; ++at) {
      const auto first = "paictl " + (*at)[1].str();
      ASSERT_TRUE(paths.contains(first)) << page.filename() << " names " << at->str();
      ++seen;
      if (!groups.contains(first)) continue;
      std::istringstream verbs((*at)[2].str());
      for (std::string verb; std::getline(verbs, verb, '|');) {
        EXPECT_TRUE(paths.contains(first + " " + verb)) << page.filename() << " names " << at->str();
      }
    }
  }
  EXPECT_GT(seen, 60);
}

}  // namespace
}  // namespace pai::ctl
