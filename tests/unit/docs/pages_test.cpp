// The pages lead somewhere: every relative link has its file (and its heading), and every source file that a
// protocol page names is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
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

TEST(Pages, AreTheSameForReadersOfBothReadmes) {
  const auto links = [](const char* page) {
    const auto found = matches(read(kRoot / page), R"(\]\(([^)\s]+)\))");
    std::set<std::string> all(found.begin(), found.end());
    all.erase("README.md");
    all.erase("README.zh-CN.md");
    return all;
  };
  EXPECT_EQ(links("README.md"), links("README.zh-CN.md"));
  const auto headings = [](const char* page) { return matches("\n" + read(kRoot / page), R"(\n(##) )").size(); };
  EXPECT_EQ(headings("README.md"), headings("README.zh-CN.md"));
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

/// Of an OpenAPI file: what each path's part says, by path.
std::map<std::string, std::string> paths_of(const fs::path& file) {
  std::map<std::string, std::string> paths;
  std::istringstream lines(read(file));
  std::string path;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, std::regex(R"(  (/[\w./-]*):.*)"))) path = found[1];
    else if (!line.empty() && line[0] != ' ') path.clear();
    if (!path.empty()) paths[path] += line + "\n";
  }
  return paths;
}

TEST(Pages, CallNoEndpointThatTheDaemonsLack) {
  const auto master = paths_of(kRoot / "docs/openapi.yaml");
  const auto node = paths_of(kRoot / "docs/openapi-node.yaml");
  ASSERT_GT(master.size(), 15U);
  ASSERT_GT(node.size(), 8U);
  const std::string parameters = read(kRoot / "docs/openapi.yaml") + read(kRoot / "docs/openapi-node.yaml");
  int seen = 0;
  for (const auto& page : pages()) {
    // Ours have a port; links don't.
    for (const auto& url : matches(read(page), R"((?:https?://[\w.$\[\]-]+:[\w$]+|\$master)(/[\w.]+(?:\?[\w=&.-]+)?))")) {
      const auto question = url.find('?');
      const auto path = url.substr(0, question);
      EXPECT_TRUE(master.contains(path) || node.contains(path)) << page << " calls " << url;
      ++seen;
      if (question == std::string::npos) continue;
      for (const auto& name : matches(url.substr(question), R"([?&](\w+)=)")) {
        EXPECT_NE(parameters.find("name: " + name), std::string::npos) << page << " calls " << url;
      }
    }
  }
  EXPECT_GT(seen, 30);
}

}  // namespace
}  // namespace pai
