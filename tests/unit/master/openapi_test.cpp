// docs/openapi.yaml says what the program does: its paths, methods and parameters are those of the routes, no more and no
// less. docs/openapi-node.yaml has the calls of the table in docs/architecture.md.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "master/api/routes.h"
#include "support/temp_folder.h"

namespace pai::master {
namespace {

/// What a page says of one path: methods, and the names of parameters (each once, shared by its methods).
struct Documented {
  std::set<std::string> methods;
  std::set<std::string> parameters;
};

/// Reads the few lines that matter: `  /path:`, `    get:`, and `{name: x, in: query, …}` below it.
std::map<std::string, Documented> read_page(const std::string& yaml) {
  std::map<std::string, Documented> paths;
  std::istringstream lines(yaml);
  std::string line, path;
  bool in_paths = false;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.rfind("  /", 0) == 0) path = line.substr(2, line.find(':') - 2);
    if (line == "    get:" || line == "    post:") paths[path].methods.insert(line.substr(4, line.size() - 5));
    const auto name = line.find("- {name: ");
    if (name != std::string::npos) {
      const auto begin = name + 9;
      paths[path].parameters.insert(line.substr(begin, line.find(',', begin) - begin));
    }
  }
  return paths;
}

class NoNodes final : public NodeLink {
 public:
  std::vector<NodeReply> call_all(const std::vector<NodeCall>& calls) override { return std::vector<NodeReply>(calls.size()); }
  std::unique_ptr<http::Subscription> follow(const http::Endpoint&, std::function<void(std::string_view, std::string_view)>,
                                             std::function<void(const Error&)>) override {
    return nullptr;
  }
};

TEST(Openapi, DocumentsEveryRouteOfTheMasterAndNothingElse) {
  const test::TempFolder folder;
  const auto store = Store::open(folder / "master.db");
  ASSERT_TRUE(store.ok());
  NoNodes link;
  const NodePolicy policy({}, true);
  Lifecycle lifecycle(**store, link, policy, {});
  const auto query = TaskQuery::make(std::nullopt);
  const auto metrics = service::Metrics::make();
  const std::atomic<bool> draining = false;
  api::Context context{lifecycle, *query, *metrics, draining};

  auto documented = read_page(std::string(api::openapi_yaml()));
  for (const auto& route : api::declared_routes(context)) {
    ASSERT_TRUE(documented.count(route.path)) << route.path << " is not documented";
    const auto& page = documented[route.path];
    std::set<std::string> methods;
    for (const auto method : route.methods) methods.insert(method == http::Method::kPost ? "post" : "get");
    EXPECT_EQ(page.methods, methods) << route.path;
    EXPECT_EQ(page.parameters, std::set<std::string>(route.parameters.begin(), route.parameters.end())) << route.path;
    documented.erase(route.path);
  }
  for (const auto& [path, page] : documented) ADD_FAILURE() << path << " is documented and does not exist";
}

TEST(Openapi, DocumentsEveryCallOfTheNodesTable) {
  const auto documented = read_page(test::read_text(std::string(PAI_SOURCE_DIR) + "/docs/openapi-node.yaml"));
  std::istringstream lines(test::read_text(std::string(PAI_SOURCE_DIR) + "/docs/architecture.md"));
  std::string line;
  int calls = 0;
  while (std::getline(lines, line)) {
    for (const std::string method : {"POST", "GET"}) {
      const auto start = "| `" + method + " /";
      if (line.rfind(start, 0) != 0) continue;
      const auto path = line.substr(start.size() - 1, line.find_first_of("?`", start.size()) - start.size() + 1);
      ++calls;
      ASSERT_TRUE(documented.count(path)) << path;
      EXPECT_TRUE(documented.at(path).methods.count(method == "POST" ? "post" : "get")) << path;
    }
  }
  EXPECT_GE(calls, 10);
}

}  // namespace
}  // namespace pai::master
