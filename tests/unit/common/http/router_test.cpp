// Which route a request finds, and what is said when there is none.

#include "common/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::http {
namespace {

using ::testing::HasSubstr;

Router router() {
  const Handler none = [](const Request&) { return Reply(); };
  return Router({{Method::kGet, "/livez", none}, {Method::kGet, "/startTask", none}, {Method::kPost, "/startTask", none, true}});
}

std::string allow_of(const Reply& reply) {
  for (const auto& [name, value] : reply.headers) {
    if (name == "Allow") return value;
  }
  return "absent";
}

TEST(Router, FindsByMethodAndPath) {
  const auto routes = router();
  const auto match = routes.find(Method::kPost, "/startTask");
  ASSERT_NE(match.route, nullptr);
  EXPECT_TRUE(match.route->slow);
  EXPECT_EQ(match.path, "/startTask");
  EXPECT_EQ(routes.find(Method::kHead, "/livez").route, routes.find(Method::kGet, "/livez").route);
}

TEST(Router, UnknownPathIsNotFoundAndTheNearestIsNamed) {
  const auto routes = router();
  for (const char* path : {"/", "/livez/", "/LIVEZ", "/livez/x"}) {
    const auto match = routes.find(Method::kGet, path);
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.answer.status, 404) << path;
    EXPECT_EQ(match.path, "other") << "a label of metrics must not come from outside";
  }
  EXPECT_THAT(routes.find(Method::kGet, "/startTsak").answer.body, HasSubstr("did you mean /startTask?"));
}

TEST(Router, WrongMethodIsToldWhatIsAllowed) {
  const auto routes = router();
  for (const auto method : {Method::kPost, Method::kPut, Method::kDelete, Method::kOther}) {
    const auto match = routes.find(method, "/livez");
    EXPECT_EQ(match.answer.status, 405);
    EXPECT_EQ(allow_of(match.answer), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(allow_of(routes.find(Method::kDelete, "/startTask").answer), "GET, HEAD, POST, OPTIONS");
}

TEST(Router, AnswersOptions) {
  const auto routes = router();
  EXPECT_EQ(routes.find(Method::kOptions, "/startTask").answer.status, 204);
  EXPECT_EQ(allow_of(routes.find(Method::kOptions, "/startTask").answer), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(routes.find(Method::kOptions, "*").answer.status, 204);
  EXPECT_EQ(routes.find(Method::kGet, "*").answer.status, 400);
}

}  // namespace
}  // namespace pai::http
