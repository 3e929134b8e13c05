// Server-sent events: the queue between producer and connection, and the text on both sides.

#include "common/http/event_stream.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/http/event_parser.h"

namespace pai::http {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

TEST(EventStream, GivesWhatWasPushedInOrder) {
  QueuedEventStream stream(10);
  int woken = 0;
  stream.attach([&] { ++woken; });
  stream.push("a", "1");
  stream.push("b", "2");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(stream.take().text, "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n");
  EXPECT_EQ(stream.take().text, "");
  EXPECT_FALSE(stream.take().finished);
  stream.finish();
  stream.push("c", "3");
  EXPECT_TRUE(stream.take().finished);
  EXPECT_EQ(stream.take().text, "");
}

TEST(EventStream, ReaderThatIsTooSlowIsCutOff) {
  QueuedEventStream stream(2);
  stream.push("a", "1");
  stream.push("a", "2");
  EXPECT_FALSE(stream.closed());
  stream.push("a", "3");
  EXPECT_TRUE(stream.closed());
  const auto batch = stream.take();
  EXPECT_TRUE(batch.cut_off);
  EXPECT_EQ(batch.text, "");
}

TEST(EventStream, TellsOnceThatTheCallerIsGone) {
  QueuedEventStream stream(2);
  int calls = 0;
  stream.on_closed([&] {
    ++calls;
    stream.push("a", "a producer may push from the callback");
  });
  EXPECT_EQ(calls, 0);
  stream.close();
  stream.close();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(stream.closed());
  int late = 0;
  stream.on_closed([&] { ++late; });
  EXPECT_EQ(late, 1);
}

Events parsed(const std::string& text, std::size_t piece) {
  Events events;
  EventParser parser(1000, [&](std::string_view event, std::string_view data) { events.emplace_back(event, data); });
  for (std::size_t at = 0; at < text.size(); at += piece) EXPECT_TRUE(parser.feed(std::string_view(text).substr(at, piece)).ok());
  return events;
}

TEST(EventParser, UnderstandsTheStreamHoweverItIsCut) {
  const std::string text = event_text("client", "{\"a\":1}") + ": ping\n\n" + "data:x\r\ndata: y\r\nid: 7\r\nretry: 1\r\n\r\n" +
                           "event: nothing\n\n" + event_text("two", "line 1\nline 2") + "data: cut";
  const Events expected = {{"client", "{\"a\":1}"}, {"message", "x\ny"}, {"two", "line 1\nline 2"}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(parsed(text, piece), expected) << piece;
}

TEST(EventParser, BoundsOneEvent) {
  EventParser parser(100, [](std::string_view, std::string_view) {});
  Status status;
  for (int i = 0; i < 20 && status.ok(); ++i) status = parser.feed("data: 0123456789\n");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kProtocol);
}

}  // namespace
}  // namespace pai::http
