#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/service/metrics.h"
#include "master/api/route.h"
#include "master/lifecycle.h"
#include "master/task_query.h"
#include "master/users.h"

namespace pai::master::api {

/// What the handlers work with; everything outlives the server.
struct Context {
  Lifecycle& lifecycle;
  TaskQuery& query;
  service::Metrics& metrics;
  const std::atomic<bool>& draining;
  Users& users;
  audit::Log* audit = nullptr;  ///< null: nothing is audited (tests)
};

std::vector<DeclaredRoute> task_routes(Context& context);      ///< createTask … retryTask
std::vector<DeclaredRoute> query_routes(Context& context);     ///< queryStatus … watchTask, of one task
std::vector<DeclaredRoute> list_routes(Context& context);      ///< listTasks, listDatasets, listNodes
std::vector<DeclaredRoute> operator_routes(Context& context);  ///< livez … openapi.yaml

std::vector<DeclaredRoute> user_routes(Context& context);      ///< addUser … whoAmI
std::vector<DeclaredRoute> document_routes(Context& context);  ///< queryDocument, clientTypes
std::vector<DeclaredRoute> console_routes();                   ///< / and each /console/FILE

/// All of them.
std::vector<DeclaredRoute> declared_routes(Context& context);
/// Ready for the server.
std::vector<http::Route> routes(Context& context);

/// docs/openapi.yaml as it was when this program was built.
std::string_view openapi_yaml();

}  // namespace pai::master::api
