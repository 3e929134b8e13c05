// What hostile and broken callers send, over raw sockets: each gets an answer that says so, or is closed, and the server lives.

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "common/json/strict_json.h"
#include "fixture.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HttpAbuse : public HttpTest {
 protected:
  /// After whatever happened, others are served.
  void expect_alive() {
    RawConnection raw(port());
    raw.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(raw.read_answer().body, "hello");
  }

  /// The request is answered so, in the shape of all errors, and the connection closed.
  void expect_refused(const std::string& request, int status) {
    SCOPED_TRACE(request.substr(0, 100));
    RawConnection raw(port());
    raw.send(request);
    const auto answer = raw.read_answer();
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.head, HasSubstr("Connection: close"));
    const auto document = json::parse(answer.body);
    ASSERT_TRUE(document.ok()) << answer.body;
    EXPECT_EQ((*document)["status"], "err");
    EXPECT_TRUE((*document)["error"]["message"].is_string());
    raw.shut_write();
    EXPECT_TRUE(raw.at_end());
  }
};

TEST_F(HttpAbuse, MalformedRequestsAre400) {
  start();
  const std::string host = "Host: x\r\n";
  for (const std::string& request : {
           std::string("GARBAGE\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET /hello\r\n\r\n"),
           std::string("GET /hello HTTP/3.7\r\nHost: x\r\n\r\n"), std::string("GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET /hello HTTP/1.1\r\n\r\n"),                        // no Host
           std::string("GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),  // two
           "GET /hello HTTP/1.1\r\n" + host + "No colon here\r\n\r\n", "GET /hello HTTP/1.1\r\n" + host + "Bad name: 1\r\n\r\n",
           "GET /hello HTTP/1.1\r\n" + host + "A : 1\r\n\r\n", "GET /hello HTTP/1.1\r\n" + host + "A: \x01\r\n\r\n",
           "GET /hello HTTP/1.1\r\n" + host + std::string("A: \0b\r\n\r\n", 9), "GET hello HTTP/1.1\r\n" + host + "\r\n",
           "GET /%zz HTTP/1.1\r\n" + host + "\r\n", "GET /a%00b HTTP/1.1\r\n" + host + "\r\n",
           "GET /a%ff HTTP/1.1\r\n" + host + "\r\n", "GET /query?a=1&a=2 HTTP/1.1\r\n" + host + "\r\n",
           "GET /query?a=%0 HTTP/1.1\r\n" + host + "\r\n", "CONNECT x:443 HTTP/1.1\r\n" + host + "\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\nabc", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc",
           "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
           "POST /echo HTTP/1.1\r\n" + host + "Expect: tea\r\nContent-Length: 3\r\n\r\nabc",
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n"}) {
    expect_refused(request, 400);
  }
  expect_alive();
}

TEST_F(HttpAbuse, ForeignPagesAre403) {
  start();
  expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nContent-Length: 3\r\n\r\nabc", 403);
  expect_refused("GET /hello HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n\r\n", 403);
  RawConnection own(port());
  own.send("GET /hello HTTP/1.1\r\nHost: localhost:80\r\nOrigin: http://localhost:80\r\n\r\n");
  EXPECT_EQ(own.read_answer().status, 200);
  // A page's own name that resolves to us (DNS rebinding) is no name of ours.
  expect_refused("GET /hello HTTP/1.1\r\nHost: x:80\r\nOrigin: http://x:80\r\n\r\n", 403);
}

TEST_F(HttpAbuse, HeadersTooLargeAre431) {
  start();
  expect_refused("GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431);
  expect_refused("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431);
  std::string many = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 5'000; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  expect_refused(many + "\r\n", 431);
  expect_refused(std::string(40'000, 'A'), 431);
}

TEST_F(HttpAbuse, BodiesTooLargeAre413AndTheUploaderSeesIt) {
  start();
  const std::string much(5'000'000, 'x');
  for (const std::string& request :
       {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + much,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4c4b40\r\n" + much + "\r\n0\r\n\r\n",
        std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")}) {
    expect_refused(request, 413);
  }
  // Many small chunks count together.
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1'100; ++i) chunks += "400\r\n" + std::string(1'024, 'y') + "\r\n";
  expect_refused(chunks + "0\r\n\r\n", 413);
  expect_alive();
}

TEST_F(HttpAbuse, ChunkHeadsWithoutEndAreRefused) {
  start();
  expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(100'000, 'a'), 400);
  expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " + std::string(100'000, 'a'), 400);
}

TEST_F(HttpAbuse, SlowHeadersEndAtTheDeadline) {
  Limits limits;
  limits.header_timeout = 100ms;
  start(limits);
  RawConnection raw(port());
  raw.send("GET /hello HTTP/1.1\r\nHost: x\r\nX-");
  const auto answer = raw.read_answer();
  EXPECT_EQ(answer.status, 408);
  raw.shut_write();
  EXPECT_TRUE(raw.at_end());
  expect_alive();
}

TEST_F(HttpAbuse, TrickleDoesNotProlongTheDeadline) {
  Limits limits;
  limits.header_timeout = 200ms;
  start(limits);
  RawConnection raw(port());
  // Sends as fast as it is read: what ends it is the clock, long before the header's size limit or the test's own end.
  raw.send("GET /hello HTTP/1.1\r\n");
  std::thread trickle([&] {
    while (raw.send("\x41")) {
      if (::usleep(5'000) != 0) break;
    }
  });
  const auto answer = raw.read_answer();
  EXPECT_EQ(answer.status, 408);
  raw.shut_write();
  trickle.join();
}

TEST_F(HttpAbuse, SlowBodiesEndAtTheDeadline) {
  Limits limits;
  limits.body_timeout = 100ms;
  start(limits);
  for (const char* request : {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                              "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawConnection raw(port());
    raw.send(request);
    EXPECT_EQ(raw.read_answer().status, 408);
    raw.shut_write();
    EXPECT_TRUE(raw.at_end());
  }
}

TEST_F(HttpAbuse, IdleConnectionsAreClosedWithoutAWord) {
  Limits limits;
  limits.idle_timeout = 100ms;
  start(limits);
  RawConnection silent(port());
  EXPECT_TRUE(silent.at_end());
  RawConnection kept(port());
  kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(kept.read_answer().body, "hello");
  EXPECT_TRUE(kept.at_end());
}

TEST_F(HttpAbuse, RequestsCutShortAre400) {
  start();
  for (const char* request : {"GET /hel", "GET /hello HTTP/1.1\r\nHost: x\r\n", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                              "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawConnection raw(port());
    raw.send(request);
    raw.shut_write();
    EXPECT_EQ(raw.read_answer().status, 400) << request;
    EXPECT_TRUE(raw.at_end());
  }
}

TEST_F(HttpAbuse, ResetsInEveryPlaceDoNoHarm) {
  start();
  const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t cut = 0; cut <= request.size(); cut += 3) {
    RawConnection raw(port());
    raw.send(request.substr(0, cut));
    raw.reset();
  }
  RawConnection waiting(port());
  waiting.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(waiting_.wait_for(1));
  waiting.reset();
  gate_.open();
  expect_alive();
}

TEST_F(HttpAbuse, CallerThatDoesNotReadIsCutOff) {
  Limits limits;
  limits.write_timeout = 100ms;
  extra_routes_.push_back({Method::kGet, "/large", [](const Request&) { return text(std::string(32 << 20, 'z')); }});
  start(limits, std::nullopt, [this](Method, std::string_view, int, double) { answered_.add(); });
  RawConnection raw(port());
  raw.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answered_.wait_for(1)) << "the write must end";
  expect_alive();
}

TEST_F(HttpAbuse, ConnectionsBeyondTheLimitAreTurnedAway) {
  Limits limits;
  limits.connections_max = 2;
  start(limits);
  {
    RawConnection first(port());
    RawConnection second(port());
    for (auto* one : {&first, &second}) one->send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(waiting_.wait_for(2)) << "both are being answered, so that neither can be asked to leave";
    RawConnection third(port());
    const auto answer = third.read_answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.head, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_TRUE(third.at_end());
    gate_.open();
  }
  // When the others left there is room again; how soon the server sees it is its own affair.
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    RawConnection raw(port());
    raw.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    status = raw.read_answer().status;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(HttpAbuse, ThousandsThatSayNothingShutNobodyOut) {
  Limits limits;
  limits.connections_max = 50;
  start(limits);
  RawConnection other(port(), "127.0.0.9");
  other.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(other.read_answer().body, "hello");
  std::vector<std::unique_ptr<RawConnection>> silent;
  for (int i = 0; i < 500; ++i) {
    silent.push_back(std::make_unique<RawConnection>(port()));
    if (i % 3 == 0) silent.back()->send("GET /hello HTTP/1.1\r\nHo");
    if (i % 3 == 1) silent.back()->send("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  }
  expect_alive();
  other.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(other.read_answer().body, "hello") << "who has one connection keeps it";
}

TEST_F(HttpAbuse, SurvivesRunningOutOfDescriptors) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "to look at an object, the undefined behaviour sanitizer needs a pipe, and takes its absence for a fault";
#endif
  start();
  RawConnection kept(port());
  kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(kept.read_answer().body, "hello");

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The next socket is ours and takes the last descriptor: the server has none to accept it with.
  const int probe = ::dup(0);
  ASSERT_GE(probe, 0);
  ::close(probe);
  const rlimit none{static_cast<rlim_t>(probe) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  RawConnection refused(port());
  refused.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(kept.read_answer().body, "hello") << "those that are connected are served meanwhile";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(refused.read_answer().body, "hello") << "and the one that waited when descriptors are back";
}

}  // namespace
}  // namespace pai::http
