// Event streams from producer to follower.

#include <gmock/gmock.h>

#include "fixture.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// GET /events hands each stream to the test.
class HttpEvents : public HttpTest {
 protected:
  HttpEvents() {
    extra_routes_.push_back({Method::kGet, "/events", [this](const Request&) {
                               Reply reply;
                               reply.events = make_event_stream(events_max_);
                               reply.events->on_closed([this] { closed_.add(); });
                               const std::lock_guard lock(mutex_);
                               streams_.push_back(reply.events);
                               opened_.add();
                               return reply;
                             }});
  }
  ~HttpEvents() override { server_.reset(); }  // before what its routes refer to

  std::shared_ptr<EventStream> stream(std::size_t at = 0) {
    EXPECT_TRUE(opened_.wait_for(static_cast<int>(at) + 1));
    const std::lock_guard lock(mutex_);
    return streams_.at(at);
  }

  std::size_t events_max_ = 1'024;
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventStream>> streams_;
  Counter opened_;
  Counter closed_;
};

/// What a subscription saw.
struct Seen {
  std::mutex mutex;
  std::vector<std::string> events;
  std::vector<Error> ends;
  Counter event_count;
  Counter end_count;

  auto on_event() {
    return [this](std::string_view event, std::string_view data) {
      const std::lock_guard lock(mutex);
      events.push_back(std::string(event) + " " + std::string(data));
      event_count.add();
    };
  }
  auto on_end() {
    return [this](const Error& reason) {
      const std::lock_guard lock(mutex);
      ends.push_back(reason);
      end_count.add();
    };
  }
};

TEST_F(HttpEvents, ReachTheFollowerInOrderAndEnd) {
  start();
  Seen seen;
  auto client = Client::make(std::nullopt);
  auto subscription = client->subscribe(endpoint(), "/events", seen.on_event(), seen.on_end());
  const auto events = stream();
  events->push("snapshot", "{}");
  ASSERT_TRUE(seen.event_count.wait_for(1)) << "an event must not wait for the next";
  for (int i = 0; i < 500; ++i) events->push("client", std::to_string(i));
  ASSERT_TRUE(seen.event_count.wait_for(501));
  EXPECT_EQ(seen.events[0], "snapshot {}");
  EXPECT_EQ(seen.events[500], "client 499");
  events->finish();
  ASSERT_TRUE(seen.end_count.wait_for(1));
  EXPECT_THAT(seen.ends[0].message(), HasSubstr("ended"));
  EXPECT_EQ(seen.ends[0].details()[0].where, endpoint().text());
  EXPECT_TRUE(closed_.wait_for(1));
}

TEST_F(HttpEvents, AreChunkedTextOnTheWire) {
  start();
  RawConnection raw(port());
  raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(raw.read_until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream"));
  stream()->push("a", "1");
  EXPECT_EQ(raw.read_until("\n\n\r\n"), "12\r\nevent: a\ndata: 1\n\n\r\n");
  stream()->finish();
  EXPECT_EQ(raw.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(raw.at_end());
}

TEST_F(HttpEvents, ProducerHearsOfACallerThatWent) {
  start();
  {
    RawConnection raw(port());
    raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.read_until("\r\n\r\n");
    EXPECT_FALSE(stream(0)->closed());
  }
  EXPECT_TRUE(closed_.wait_for(1)) << "after a close";
  EXPECT_TRUE(stream(0)->closed());

  RawConnection raw(port());
  raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.read_until("\r\n\r\n");
  raw.reset();
  EXPECT_TRUE(closed_.wait_for(2)) << "after a reset";
  stream(1)->push("a", "to nobody");
}

TEST_F(HttpEvents, HeadOpensNoStream) {
  start();
  RawConnection raw(port());
  raw.send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(raw.read_answer(true).head, HasSubstr("text/event-stream"));
  EXPECT_EQ(raw.read_answer().body, "hello");
  EXPECT_TRUE(closed_.wait_for(1));
}

TEST_F(HttpEvents, ReaderThatIsTooSlowIsCutOff) {
  events_max_ = 64;
  start();
  RawConnection raw(port());
  raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.read_until("\r\n\r\n");
  const auto events = stream();
  const std::string large(100'000, 'x');
  // Nobody reads: the socket's buffers fill, then the queue.
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (!events->closed() && std::chrono::steady_clock::now() < deadline) events->push("a", large);
  EXPECT_TRUE(events->closed());
}

TEST_F(HttpEvents, FollowerMayLeaveAtAnyTime) {
  start();
  Seen seen;
  auto client = Client::make(std::nullopt);
  for (int i = 0; i < 20; ++i) {
    const auto before = static_cast<std::size_t>(opened_.count());  // it may open before we look again
    auto subscription = client->subscribe(endpoint(), "/events", seen.on_event(), seen.on_end());
    if (i % 2 == 0) stream(before);
  }
  EXPECT_EQ(seen.end_count.count(), 0) << "who leaves is not told that it ended";
}

TEST_F(HttpEvents, ClientThatIsDestroyedEndsItsSubscriptions) {
  start();
  Seen seen;
  auto client = Client::make(std::nullopt);
  auto subscription = client->subscribe(endpoint(), "/events", seen.on_event(), seen.on_end());
  (void)stream();
  client.reset();
  ASSERT_EQ(seen.end_count.count(), 1);
  EXPECT_EQ(seen.ends[0].code(), ErrorCode::kCancelled);
  subscription.reset();
  EXPECT_EQ(seen.end_count.count(), 1);
}

TEST_F(HttpEvents, ServerThatGoesEndsTheStreamOnce) {
  start();
  Seen seen;
  auto client = Client::make(std::nullopt);
  auto subscription = client->subscribe(endpoint(), "/events", seen.on_event(), seen.on_end());
  stream()->push("a", "1");
  ASSERT_TRUE(seen.event_count.wait_for(1));
  server_->drain(kLong);
  ASSERT_TRUE(seen.end_count.wait_for(1));
  EXPECT_TRUE(closed_.wait_for(1));
  server_.reset();
  subscription.reset();
  EXPECT_EQ(seen.end_count.count(), 1);
}

TEST_F(HttpEvents, RefusalIsTheReasonThatTheFollowerSees) {
  start();
  Seen seen;
  auto client = Client::make(std::nullopt);
  auto subscription = client->subscribe(endpoint(), "/nowhere", seen.on_event(), seen.on_end());
  ASSERT_TRUE(seen.end_count.wait_for(1));
  EXPECT_EQ(seen.ends[0].code(), ErrorCode::kNotFound);
  EXPECT_THAT(seen.ends[0].message(), HasSubstr("/nowhere"));

  const auto gone = endpoint();
  server_.reset();
  auto second = client->subscribe(gone, "/events", seen.on_event(), seen.on_end());
  ASSERT_TRUE(seen.end_count.wait_for(2));
  EXPECT_EQ(seen.ends[1].code(), ErrorCode::kNodeFailed);
}

}  // namespace
}  // namespace pai::http
