// What a header must hold before anybody looks at the request.

#include "common/http/request_head.h"

#include <gtest/gtest.h>

namespace pai::http {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

RawHead raw(Fields fields, int version = 11) {
  RawHead head;
  head.method = "GET";
  head.target = "/x";
  head.version = version;
  head.fields = std::move(fields);
  return head;
}

ErrorCode refusal(const RawHead& head) {
  const auto checked = check_head(head, "http");
  EXPECT_FALSE(checked.ok());
  return checked.ok() ? ErrorCode::kInternal : checked.error().code();
}

TEST(RequestHead, NamesAreLowerCaseAndListsAreJoined) {
  const auto head = check_head(raw({{"Host", "h"}, {"X-A", "1"}, {"x-a", "2"}}), "http");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->request.headers.at("x-a"), "1, 2");
  EXPECT_EQ(head->request.method, Method::kGet);
}

TEST(RequestHead, HostIsRequiredOfHttp11Only) {
  EXPECT_EQ(refusal(raw({})), ErrorCode::kInvalid);
  EXPECT_TRUE(check_head(raw({}, 10), "http").ok());
}

TEST(RequestHead, FieldsThatDecideStandOnce) {
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "Origin", "Authorization", "Expect"}) {
    EXPECT_EQ(refusal(raw({{"host", "h"}, {name, "1"}, {name, "1"}})), ErrorCode::kInvalid) << name;
  }
}

TEST(RequestHead, FramingIsNeverAmbiguous) {
  EXPECT_EQ(refusal(raw({{"host", "h"}, {"content-length", "5"}, {"transfer-encoding", "chunked"}})), ErrorCode::kInvalid);
  EXPECT_EQ(refusal(raw({{"host", "h"}, {"content-length", "5, 5"}})), ErrorCode::kInvalid);
  EXPECT_EQ(refusal(raw({{"host", "h"}, {"transfer-encoding", "gzip, chunked"}})), ErrorCode::kInvalid);
  EXPECT_EQ(refusal(raw({{"transfer-encoding", "chunked"}}, 10)), ErrorCode::kInvalid);
  EXPECT_TRUE(check_head(raw({{"host", "h"}, {"transfer-encoding", "Chunked"}}), "http").ok());
}

TEST(RequestHead, ForeignOriginsAreDenied) {
  for (const char* origin : {"http://evil.example", "null", "https://h:80", "http://h", "http://h:80.evil.example", ""}) {
    EXPECT_EQ(refusal(raw({{"host", "h:80"}, {"origin", origin}})), ErrorCode::kDenied) << origin;
  }
  for (const std::string host : {"localhost:80", "127.0.0.1:80", "[::1]:80", "[::1]"}) {
    EXPECT_TRUE(check_head(raw({{"host", host}, {"origin", "http://" + host}}), "http").ok()) << host;
  }
  // A page's own name that was made to resolve to us.
  EXPECT_EQ(refusal(raw({{"host", "h:80"}, {"origin", "http://h:80"}})), ErrorCode::kDenied);
  EXPECT_EQ(refusal(raw({{"host", "localhost"}, {"sec-fetch-site", "cross-site"}})), ErrorCode::kDenied);
  EXPECT_TRUE(check_head(raw({{"host", "h:80"}, {"origin", "https://h:80"}}), "https").ok());
  EXPECT_EQ(refusal(raw({{"origin", "http://"}}, 10)), ErrorCode::kDenied);
}

TEST(RequestHead, OnlyOneExpectationCanBeMet) {
  EXPECT_TRUE(check_head(raw({{"host", "h"}, {"expect", "100-Continue"}}), "http").value().expects_continue);
  EXPECT_FALSE(check_head(raw({{"expect", "100-continue"}}, 10), "http").value().expects_continue);
  EXPECT_EQ(refusal(raw({{"host", "h"}, {"expect", "tea"}})), ErrorCode::kInvalid);
}

}  // namespace
}  // namespace pai::http
