// Status line and headers of answers.

#include "common/http/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Reply reply_with(int status) {
  Reply reply;
  reply.status = status;
  reply.body = "{}";
  return reply;
}

TEST(ResponseHead, SaysWhatFollows) {
  const auto text = response_head(reply_with(404), {});
  EXPECT_THAT(text, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Connection:")));
}

TEST(ResponseHead, SaysWhetherTheConnectionStays) {
  EXPECT_THAT(response_head(reply_with(200), {11, false, false}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(response_head(reply_with(200), {10, true, false}), HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(ResponseHead, SaysNoStoreUnlessTheReplySaysHowToCache) {
  auto reply = reply_with(200);
  EXPECT_THAT(response_head(reply, {}), HasSubstr("\r\nCache-Control: no-store\r\n"));
  reply.headers.emplace_back("Cache-Control", "no-cache");
  EXPECT_THAT(response_head(reply, {}), HasSubstr("\r\nCache-Control: no-cache\r\n"));
  EXPECT_THAT(response_head(reply, {}), Not(HasSubstr("no-store")));
}

TEST(ResponseHead, OfNoContentHasNoLength) {
  EXPECT_THAT(response_head(reply_with(204), {}), Not(HasSubstr("Content-Length")));
}

TEST(ResponseHead, OfAnEventStreamIsChunkedForHttp11) {
  auto reply = reply_with(200);
  reply.events = make_event_stream();
  EXPECT_THAT(response_head(reply, {}), HasSubstr("Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(response_head(reply, {10, false, false}), Not(HasSubstr("chunked")));
}

TEST(ResponseHead, ValuesCannotAddHeaders) {
  auto reply = reply_with(200);
  reply.headers = {{"X-Good", "1"}, {"X-Bad", "1\r\nX-Injected: 1"}};
  const auto text = response_head(reply, {});
  EXPECT_THAT(text, HasSubstr("X-Good: 1"));
  EXPECT_THAT(text, Not(HasSubstr("Injected")));
}

}  // namespace
}  // namespace pai::http
