// What the server promises to ordinary callers: keep-alive, HEAD, pipelining, 100-continue, methods, pools, drain.

#include <gmock/gmock.h>

#include <thread>

#include "common/json/strict_json.h"
#include "fixture.h"

namespace pai::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class HttpServer : public HttpTest {};

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
  start();
  RawConnection raw(port());
  for (int i = 0; i < 3; ++i) {
    raw.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = raw.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_THAT(answer.head, Not(HasSubstr("Connection: close")));
  }
}

TEST_F(HttpServer, ClosesWhenAsked) {
  start();
  RawConnection raw(port());
  raw.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answer = raw.read_answer();
  EXPECT_EQ(answer.body, "hello");
  EXPECT_THAT(answer.head, HasSubstr("Connection: close"));
  EXPECT_TRUE(raw.at_end());
}

TEST_F(HttpServer, ClosesAfterHttp10UnlessAskedToKeep) {
  start();
  RawConnection closing(port());
  closing.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.read_answer().body, "hello");
  EXPECT_TRUE(closing.at_end());

  RawConnection keeping(port());
  keeping.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(keeping.read_answer().head, HasSubstr("Connection: keep-alive"));
  keeping.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(keeping.read_answer().body, "hello");
}

TEST_F(HttpServer, HeadHasTheHeadersOfGetAndNoBody) {
  start();
  RawConnection raw(port());
  raw.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = raw.read_answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(raw.read_answer().body, "hello") << "bytes after the header would have been taken for a body";
}

TEST_F(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawConnection raw(port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    const auto body = "number " + std::to_string(i);
    requests += i % 2 == 0 ? "GET /query?i=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n"
                           : "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  raw.send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(raw.read_answer().body, i % 2 == 0 ? "i=" + std::to_string(i) + ";" : "number " + std::to_string(i));
  }
}

TEST_F(HttpServer, RequestMayComeByteByByte) {
  start();
  RawConnection raw(port());
  const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n";
  for (const char c : request) ASSERT_TRUE(raw.send(std::string(1, c)));
  EXPECT_EQ(raw.read_answer().body, "abcde");
}

TEST_F(HttpServer, TrailersAreNoHeaders) {
  extra_routes_.push_back({Method::kPost, "/origin", [](const Request& request) {
                             return text(std::to_string(request.headers.count("x-late")));
                           }});
  start();
  RawConnection raw(port());
  raw.send("POST /origin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Late: 1\r\n\r\n");
  EXPECT_EQ(raw.read_answer().body, "0");
}

TEST_F(HttpServer, HalfClosedCallerStillGetsItsAnswer) {
  start();
  RawConnection raw(port());
  raw.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  raw.shut_write();
  EXPECT_EQ(raw.read_answer().body, "abc");
  EXPECT_TRUE(raw.at_end());
}

TEST_F(HttpServer, HalfClosedCallerGetsTheAnswerOfAHandlerThatTakesLong) {
  start();
  RawConnection raw(port());
  raw.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.shut_write();
  ASSERT_TRUE(waiting_.wait_for(1));
  gate_.open();
  EXPECT_EQ(raw.read_answer().body, "waited");
}

TEST_F(HttpServer, SaysContinueBeforeTheBody) {
  start();
  RawConnection raw(port());
  raw.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.send("abc");
  EXPECT_EQ(raw.read_answer().body, "abc");
}

TEST_F(HttpServer, RefusesInsteadOfContinue) {
  start();
  const struct {
    const char* request;
    int status;
  } cases[] = {{"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", 413},
               {"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", 404},
               {"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", 405}};
  for (const auto& one : cases) {
    RawConnection raw(port());
    raw.send(one.request);
    EXPECT_EQ(raw.read_answer().status, one.status);
  }
}

TEST_F(HttpServer, UnknownPathsAndMethodsAreToldApart) {
  start();
  RawConnection raw(port());
  raw.send("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
  auto answer = raw.read_answer();
  EXPECT_EQ(answer.status, 404);
  const auto document = json::parse(answer.body);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document)["status"], "err");
  EXPECT_EQ((*document)["error"]["code"], "not_found");
  raw.send("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  answer = raw.read_answer();
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  raw.send("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(raw.read_answer().status, 405);
  raw.send("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(raw.read_answer().head, HasSubstr("Allow: POST, OPTIONS\r\n"));
  EXPECT_EQ(raw.read_answer().status, 204);
}

TEST_F(HttpServer, TakesTheAbsoluteFormAndDecodesQueries) {
  start();
  RawConnection raw(port());
  raw.send("GET http://x/query?task_name=a%2Bb&client=-1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(raw.read_answer().body, "client=-1;task_name=a+b;");
}

TEST_F(HttpServer, BodyOfTheLargestSizeIsTaken) {
  Limits limits;
  limits.body_bytes_max = 300'000;
  start(limits);
  const std::string body(300'000, 'x');
  RawConnection raw(port());
  raw.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body);
  EXPECT_EQ(raw.read_answer().body.size(), body.size());
  raw.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + body + "\r\n0\r\n\r\n");
  EXPECT_EQ(raw.read_answer().body.size(), body.size());
}

TEST_F(HttpServer, QuickRoutesAnswerWhileAllSlowWorkersWait) {
  Limits limits;
  limits.workers = 2;
  limits.requests_waiting_max = 1;
  start(limits);
  std::vector<std::unique_ptr<RawConnection>> slow;
  for (int i = 0; i < 2; ++i) {
    slow.push_back(std::make_unique<RawConnection>(port()));
    slow.back()->send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(waiting_.wait_for(i + 1));
  }
  RawConnection quick(port());
  quick.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(quick.read_answer().body, "hello");

  // One may wait for a worker; of two more, one is told to come back.
  RawConnection first(port());
  RawConnection second(port());
  first.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  quick.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(quick.read_answer().body, "hello");
  second.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  quick.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(quick.read_answer().body, "hello");
  RawConnection third(port());
  third.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto refused = third.read_answer();
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: 1\r\n"));
  gate_.open();
  for (auto& one : slow) EXPECT_EQ(one->read_answer().body, "waited");
}

TEST_F(HttpServer, HandlerThatThrowsIsAnErrorAndNotTheEnd) {
  extra_routes_.push_back({Method::kGet, "/throw", [](const Request&) -> Reply { throw std::runtime_error("private"); }});
  start();
  RawConnection raw(port());
  raw.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = raw.read_answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("private")));
  raw.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(raw.read_answer().body, "hello");
}

TEST_F(HttpServer, ObserverSeesRouteAndStatus) {
  std::mutex mutex;
  std::vector<std::string> seen;
  start({}, std::nullopt, [&](Method, std::string_view route, int status, double seconds) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::string(route) + " " + std::to_string(status));
    EXPECT_GE(seconds, 0);
    answered_.add();
  });
  RawConnection raw(port());
  raw.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nPOST /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(answered_.wait_for(3));
  server_.reset();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen, (std::vector<std::string>{"/hello 200", "/hello 405", "other 404"}));
}

TEST_F(HttpServer, DrainFinishesWhatRunsAndEndsTheRest) {
  start();
  RawConnection idle(port());
  idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.read_answer().body, "hello");
  RawConnection busy(port());
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(waiting_.wait_for(1));

  std::thread drain([this] { server_->drain(kLong); });
  EXPECT_TRUE(idle.at_end()) << "between two requests a connection is closed at once";
  EXPECT_THROW(RawConnection late(port()), std::runtime_error);
  gate_.open();
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.body, "waited");
  EXPECT_THAT(answer.head, HasSubstr("Connection: close"));
  EXPECT_TRUE(busy.at_end());
  drain.join();
}

TEST_F(HttpServer, DrainGivesUpAfterItsGrace) {
  start();
  RawConnection busy(port());
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(waiting_.wait_for(1));
  server_->drain(std::chrono::milliseconds(50));
  EXPECT_TRUE(busy.at_end());
  gate_.open();
}

TEST_F(HttpServer, DestructorEndsWhatIsUnderWay) {
  start();
  RawConnection idle(port());
  RawConnection half(port());
  half.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Le");
  RawConnection busy(port());
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(waiting_.wait_for(1));
  gate_.open();
  server_.reset();
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(half.at_end());
}

TEST_F(HttpServer, TakenPortIsAConflictThatNamesIt) {
  start();
  ServerOptions options;
  options.host = "127.0.0.1";
  options.port = port();
  const auto second = Server::bind(options, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(port())));
  options.port = 0;
  options.host = "no-such-host.invalid";
  EXPECT_FALSE(Server::bind(options, {}).ok());
}

}  // namespace
}  // namespace pai::http
