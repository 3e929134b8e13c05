// docs/openapi-node.yaml says what the program does: its paths, methods and parameters are those of the routes, no more
// and no less; and it has the calls of the table in docs/architecture.md.

#include <gtest/gtest.h>

#include "node/api/operator_routes.h"
#include "node/api/preflight_routes.h"
#include "node/api/task_routes.h"
#include "node/process/local_launcher.h"
#include "support/openapi_page.h"
#include "support/temp_folder.h"

namespace pai::node {
namespace {

std::map<std::string, test::Documented> node_page() {
  return test::read_page(test::read_text(std::string(PAI_SOURCE_DIR) + "/docs/openapi-node.yaml"));
}

TEST(NodeOpenapi, DocumentsEveryRouteOfTheNodeAndNothingElse) {
  const test::TempFolder folder;
  Settings settings;
  settings.raw_dir = folder / "raw";
  settings.datasets_dir = folder / "datasets";
  settings.tasks_dir = folder / "tasks";
  settings.staging_dir = folder / "staging";
  const auto folders = std::move(Folders::open(settings)).value();
  auto store = std::move(Store::open(folder / "node.db")).value();
  const auto loop = std::move(process::Loop::make()).value();
  const auto watch = std::move(process::FolderWatch::make(*loop)).value();
  process::LocalLauncher launcher(*loop);
  Board board(*loop, "node", "boot");
  const auto grants = std::move(GrantBook::open({}, store)).value();
  const auto metrics = service::Metrics::make();
  RunMeter meter(*metrics);
  Supervisor supervisor({settings, store, folders, board, *loop, launcher, *watch, *grants, meter});
  const std::atomic<bool> draining = false;
  const std::atomic<std::int64_t> not_after = 0;

  const auto audit = std::move(audit::Log::open({.folder = folder.path()})).value();
  Ledgers ledgers;
  auto routes = api::task_routes({settings, supervisor, store, board, folders, ledgers, *audit});
  for (auto& route : api::operator_routes({settings, store, folders, *loop, *metrics, draining, not_after, *audit, *grants, supervisor.slots()})) {
    routes.push_back(std::move(route));
  }
  PortProbe probe(settings);
  for (auto& route : api::preflight_routes({settings, store, folders, *loop, *metrics, draining, not_after, *audit, *grants, supervisor.slots()}, probe)) {
    routes.push_back(std::move(route));
  }
  auto documented = node_page();
  for (const auto& [parameters, route, mutates] : routes) {
    ASSERT_TRUE(documented.count(route.path)) << route.path << " is not documented";
    const auto& page = documented[route.path];
    EXPECT_EQ(page.methods, std::set<std::string>{route.method == http::Method::kPost ? "post" : "get"}) << route.path;
    EXPECT_EQ(page.parameters, std::set<std::string>(parameters.begin(), parameters.end())) << route.path;
    documented.erase(route.path);
  }
  for (const auto& [path, page] : documented) ADD_FAILURE() << path << " is documented and does not exist";
  loop->stop();
}

TEST(NodeOpenapi, DocumentsEveryCallOfTheNodesTable) {
  const auto documented = node_page();
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
}  // namespace pai::node
