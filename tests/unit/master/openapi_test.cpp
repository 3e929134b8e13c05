// docs/openapi.yaml says what the program does: its paths, methods, parameters and roles are those of the routes, no more and no
// less.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "master/api/routes.h"
#include "support/openapi_page.h"
#include "support/temp_folder.h"

namespace pai::master {
namespace {

class NoNodes final : public NodeLink {
 public:
  std::vector<NodeReply> call_all(const std::vector<NodeCall>& calls) override { return std::vector<NodeReply>(calls.size()); }
  void call_each(const std::vector<NodeCall>&, std::function<void(std::size_t, NodeReply)>) override {}
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
  const auto users = Users::open(**store);
  ASSERT_TRUE(users.ok());
  api::Context context{lifecycle, *query, *metrics, draining, **users};

  auto documented = test::read_page(std::string(api::openapi_yaml()));
  std::set<std::string> used;
  for (auto& route : api::declared_routes(context)) {
    if (route.path.rfind("/console/", 0) == 0) route.path = "/console/{file}";  // their names change with each build
    ASSERT_TRUE(documented.count(route.path)) << route.path << " is not documented";
    const auto& page = documented[route.path];
    std::set<std::string> methods;
    for (const auto method : route.methods) methods.insert(method == http::Method::kPost ? "post" : "get");
    EXPECT_EQ(page.methods, methods) << route.path;
    EXPECT_EQ(page.parameters, std::set<std::string>(route.parameters.begin(), route.parameters.end())) << route.path;
    EXPECT_EQ(page.role, access::role_name(route.role)) << route.path;
    used.insert(route.path);
  }
  for (const auto& path : used) documented.erase(path);
  for (const auto& [path, page] : documented) ADD_FAILURE() << path << " is documented and does not exist";
}

}  // namespace
}  // namespace pai::master
