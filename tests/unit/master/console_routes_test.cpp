// The web console's files: all that the page names is served, to everybody, under rules that keep foreign scripts and frames out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "master/api/routes.h"

namespace pai::master::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string header(const http::Reply& reply, std::string_view name) {
  const auto found = std::find_if(reply.headers.begin(), reply.headers.end(), [&](const auto& one) { return one.first == name; });
  return found == reply.headers.end() ? "" : found->second;
}

http::Reply get(const DeclaredRoute& route, const std::string& seen = "") {
  http::Request request;
  request.path = route.path;
  if (!seen.empty()) request.headers["if-none-match"] = seen;
  return route.handler(request);
}

TEST(ConsoleRoutes, ServeThePageAndEachFileThatItNames) {
  const auto routes = console_routes();
  ASSERT_FALSE(routes.empty());
  ASSERT_EQ(routes.front().path, "/");
  const auto page = get(routes.front()).body;
  std::set<std::string> served;
  for (const auto& route : routes) served.insert(route.path);
  const std::regex names(R"re((?:src|href)="([^"]*)")re");
  int named = 0;
  for (auto found = std::sregex_iterator(page.begin(), page.end(), names); found != std::sregex_iterator(); ++found, ++named) {
    EXPECT_TRUE(served.count((*found)[1])) << (*found)[1];
  }
  EXPECT_GE(named, 3) << page;
}

TEST(ConsoleRoutes, NeedNoSignInAndAllowNothingForeign) {
  for (const auto& route : console_routes()) {
    EXPECT_EQ(route.role, access::Role::kNone) << route.path;
    EXPECT_FALSE(route.mutates) << route.path;
    const auto reply = get(route);
    EXPECT_EQ(reply.status, 200) << route.path;
    EXPECT_FALSE(reply.body.empty()) << route.path;
    const auto policy = header(reply, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'self'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_EQ(header(reply, "Referrer-Policy"), "no-referrer");
  }
}

TEST(ConsoleRoutes, HaveNoScriptOrStyleWithinThePage) {
  const auto page = get(console_routes().front()).body;
  EXPECT_THAT(page, Not(HasSubstr("<style")));
  EXPECT_FALSE(std::regex_search(page, std::regex(R"(<script[^>]*>[^<])"))) << page;
  EXPECT_FALSE(std::regex_search(page, std::regex(R"(\son\w+=|https?://)"))) << page;
}

TEST(ConsoleRoutes, AreSentAgainOnlyWhenTheyChanged) {
  for (const auto& route : console_routes()) {
    const auto first = get(route);
    const auto tag = header(first, "ETag");
    ASSERT_FALSE(tag.empty()) << route.path;
    EXPECT_THAT(header(first, "Cache-Control"), HasSubstr(route.path == "/" ? "no-cache" : "immutable"));
    const auto again = get(route, "\"other\", " + tag);
    EXPECT_EQ(again.status, 304) << route.path;
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(header(again, "ETag"), tag);
    EXPECT_EQ(get(route, "\"other\"").status, 200);
  }
}

}  // namespace
}  // namespace pai::master::api
