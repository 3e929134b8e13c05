// The pages lead somewhere: every relative link has its file (and its heading), and every source file that a
// protocol page names is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace pai {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = PAI_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found{kRoot / "README.md", kRoot / "README.zh-CN.md", kRoot / "CHANGELOG.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

/// What a heading is called in a link: lower case, words and hyphens, a hyphen for each space.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ') anchor += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || (c & 0x80) != 0) {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return anchor;
}

bool has_heading(const fs::path& page, const std::string& anchor) {
  const auto headings = matches("\n" + read(page), R"(\n#+ ([^\n]*))");
  return std::any_of(headings.begin(), headings.end(),
                     [&](const auto& heading) { return anchor_of(heading) == anchor; });
}

TEST(Pages, HaveNoLinkThatLeadsNowhere) {
  for (const auto& page : pages()) {
    for (const auto& link : matches(read(page), R"(\]\(([^)\s]+)\))")) {
      if (link.find("://") != std::string::npos) continue;
      const auto hash = link.find('#');
      const auto file = hash == 0 ? page : page.parent_path() / link.substr(0, hash);
      EXPECT_TRUE(fs::exists(file)) << page << " links to " << link;
      if (hash == std::string::npos || !fs::exists(file)) continue;
      EXPECT_TRUE(has_heading(file, link.substr(hash + 1)))
          << page << " links to " << link << ", which has no such heading";
    }
  }
}

TEST(Pages, NameSourceFilesThatExist) {
  std::set<std::string> names;
  for (const auto* folder : {"src", "proto", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder))
      names.insert(entry.path().filename().string());
  }
  for (const auto& page : pages()) {
    if (page.parent_path().filename() != "protocols") continue;
    for (const auto& name : matches(read(page), R"(`([\w/.-]+\.(?:cpp|h|proto))`)")) {
      EXPECT_EQ(names.count(fs::path(name).filename().string()), 1u) << page << " names " << name;
    }
  }
}

}  // namespace
}  // namespace pai
