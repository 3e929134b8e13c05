// Who may call which route: every role against every role that a route can need, by certificate and by token; what a
// certificate that nobody listed may do; and that a change of the rules, or of a user, holds from the next request on.
#include "master/door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::master {
namespace {

using access::Role;
using ::testing::HasSubstr;

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() : store_(std::move(Store::open(folder_ / "master.db")).value()), users_(std::move(Users::open(*store_)).value()) {}

  static http::Request with_certificate(const std::string& name) {
    http::Request request;
    request.remote = "192.0.2.1:5";
    request.identity = tls::PeerIdentity{.fingerprint = "sha256:" + std::string(64, 'a'), .common_name = name, .names = {name}};
    return request;
  }
  static http::Request with_token(const std::string& token) {
    http::Request request;
    request.remote = "192.0.2.1:5";
    request.headers["authorization"] = "Bearer " + token;
    return request;
  }
  /// The answer's status; 0: it passed.
  static int judge(Door& door, http::Request request, Role needed) {
    http::Route route{.method = http::Method::kGet, .path = "/x", .handler = {}, .role = needed};
    const auto reply = door.judge(request, route);
    EXPECT_EQ(request.headers.count("authorization"), 0u);
    return reply ? reply->status : 0;
  }

  test::TempFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Users> users_;
};

TEST_F(DoorTest, LetsEachRoleThroughToWhatItMayAndNoFurther) {
  DoorRules rules;
  std::map<Role, std::string> tokens;
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    const std::string name(access::role_name(role));
    rules.users.push_back({.name = name, .identity = name + ".example", .role = role});
    tokens[role] = users_->add(name, role, 1, "").value().token;
  }
  Door door(rules, *users_);
  for (const Role has : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    for (const Role needed : access::kRoles) {
      const int expected = has >= needed ? 0 : 403;
      EXPECT_EQ(judge(door, with_certificate(std::string(access::role_name(has)) + ".example"), needed), expected);
      EXPECT_EQ(judge(door, with_token(tokens[has]), needed), expected);
    }
  }
  EXPECT_EQ(judge(door, {}, Role::kNone), 0);
  EXPECT_EQ(judge(door, {}, Role::kViewer), 401);
}

TEST_F(DoorTest, GivesACertificateThatNobodyListedTheRoleOfTheOthers) {
  for (const Role others : access::kRoles) {
    DoorRules rules;
    rules.other_certificates = others;
    Door door(rules, *users_);
    EXPECT_EQ(judge(door, with_certificate("stranger"), Role::kViewer), others == Role::kNone ? 403 : 0);
    EXPECT_EQ(judge(door, with_certificate("stranger"), Role::kAdmin), others == Role::kAdmin ? 0 : 403);
  }
  DoorRules rules;
  rules.other_certificates = Role::kViewer;
  Door door(rules, *users_);
  auto request = with_certificate("alice");
  EXPECT_FALSE(door.judge(request, {.method = http::Method::kGet, .path = "/x", .handler = {}, .role = Role::kViewer}));
  EXPECT_EQ(request.caller.name, "alice@sha256:aaaaaaaaaaaa") << "a name that no user can have";
}

TEST_F(DoorTest, TakesChangesFromTheNextRequestOn) {
  DoorRules rules;
  rules.users = {{.name = "alice", .identity = "alice", .role = Role::kAdmin}};
  Door door(rules, *users_);
  EXPECT_EQ(judge(door, with_certificate("alice"), Role::kAdmin), 0);
  door.reload({});
  EXPECT_EQ(judge(door, with_certificate("alice"), Role::kViewer), 403);
  const auto token = users_->add("bob", Role::kViewer, 1, "").value().token;
  EXPECT_EQ(judge(door, with_token(token), Role::kViewer), 0);
  ASSERT_TRUE(users_->revoke("bob").ok());
  EXPECT_EQ(judge(door, with_token(token), Role::kViewer), 401);
}

TEST_F(DoorTest, IsOpenWhenInsecureUntilAFirstUserIsMadeAndNeverAgain) {
  DoorRules rules;
  rules.insecure = true;
  Door door(rules, *users_);
  EXPECT_EQ(judge(door, {}, Role::kAdmin), 0);
  ASSERT_TRUE(users_->add("bob", Role::kViewer, 1, "").ok());
  EXPECT_EQ(judge(door, {}, Role::kViewer), 401);
  ASSERT_TRUE(users_->revoke("bob").ok());
  EXPECT_EQ(judge(door, {}, Role::kViewer), 401);
}

TEST_F(DoorTest, SlowsDownGuessesButNoCertificates) {
  DoorRules rules;
  rules.users = {{.name = "alice", .identity = "alice", .role = Role::kAdmin}};
  Door door(rules, *users_);
  const auto token = users_->add("bob", Role::kViewer, 1, "").value().token;
  int last = 0;
  for (int i = 0; i < 20; ++i) last = judge(door, with_token("pai_guess"), Role::kViewer);
  EXPECT_EQ(last, 429);
  EXPECT_EQ(judge(door, with_token(token), Role::kViewer), 429);
  EXPECT_EQ(judge(door, with_certificate("alice"), Role::kAdmin), 0);
}

TEST_F(DoorTest, TellsAnExpiredTokenFromAnUnknownOne) {
  const auto made = users_->add("bob", Role::kViewer, 1, "").value();
  const double now = made.user.created_at;
  using Kind = Users::Verdict::Kind;
  EXPECT_EQ(users_->check(made.token, now).kind, Kind::kGood);
  EXPECT_EQ(users_->check(made.token, now + 86'399).kind, Kind::kGood);
  EXPECT_EQ(users_->check(made.token, now + 86'400).kind, Kind::kExpired);
  auto near = made.token;
  near.back() = near.back() == '0' ? '1' : '0';
  EXPECT_EQ(users_->check(near, now + 86'400).kind, Kind::kUnknown);
  EXPECT_EQ(users_->check("", now).kind, Kind::kUnknown);
  const auto again = std::move(Users::open(*store_)).value();
  EXPECT_EQ(again->check(made.token, now).kind, Kind::kGood) << "after a restart";
}

}  // namespace
}  // namespace pai::master
