// The client against our own server, and against a few that misbehave.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "fixture.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HttpClient : public HttpTest {
 protected:
  static Call get(std::string target) {
    Call call;
    call.target = std::move(target);
    return call;
  }
  static Call post(std::string target, std::string body) {
    Call call;
    call.method = Method::kPost;
    call.target = std::move(target);
    call.body = std::move(body);
    return call;
  }
};

/// A server that answers each connection with fixed text, or not at all.
class FixedServer {
 public:
  /// `answers[i]` is sent after the first bytes of connection i came; then it is closed, unless the text is empty.
  explicit FixedServer(std::vector<std::string> answers) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd_, 16) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
  }
  ~FixedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (const int one : silent_) ::close(one);
    ::close(fd_);
  }
  FixedServer(const FixedServer&) = delete;
  FixedServer& operator=(const FixedServer&) = delete;

  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  int connections() const { return connections_; }

 private:
  void serve(const std::vector<std::string>& answers) {
    for (const auto& answer : answers) {
      const int one = ::accept(fd_, nullptr, nullptr);
      if (one < 0) return;
      ++connections_;
      if (answer.empty()) {
        silent_.push_back(one);
        continue;
      }
      char request[65'536];
      (void)!::recv(one, request, sizeof request, 0);
      (void)!::send(one, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(one);
    }
  }

  int fd_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::vector<int> silent_;
  std::thread thread_;
};

TEST_F(HttpClient, CallsAndGetsWhatWasSent) {
  start();
  auto client = Client::make(std::nullopt);
  const auto answer = client->call(endpoint(), get("/hello"));
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_EQ(answer->body, "hello");
  for (const std::size_t size : {0UL, 1UL, 16'384UL, 16'385UL, 1'000'000UL}) {
    const std::string body(size, 'b');
    const auto echoed = client->call(endpoint(), post("/echo", body));
    ASSERT_TRUE(echoed.ok()) << echoed.error().describe();
    EXPECT_EQ(echoed->body, body);
  }
  EXPECT_EQ(client->call(endpoint(), get("/query?a=" + encode("信 &"))).value().body, "a=信 &;");
}

TEST_F(HttpClient, ErrorStatusIsAnAnswer) {
  start();
  auto client = Client::make(std::nullopt);
  EXPECT_EQ(client->call(endpoint(), get("/nowhere")).value().status, 404);
  EXPECT_EQ(client->call(endpoint(), post("/echo", std::string(3 << 20, 'x'))).value().status, 413)
      << "a refusal that comes while the body is being sent is seen";
  Call head = get("/hello");
  head.method = Method::kHead;
  EXPECT_EQ(client->call(endpoint(), head).value().body, "");
}

TEST_F(HttpClient, KeepsItsConnection) {
  std::mutex mutex;
  std::set<std::string> callers;
  extra_routes_.push_back({Method::kGet, "/caller", [&](const Request& request) {
                             const std::lock_guard lock(mutex);
                             callers.insert(request.remote);
                             return text(request.remote);
                           }});
  start();
  auto client = Client::make(std::nullopt);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client->call(endpoint(), get("/caller")).ok());
  EXPECT_EQ(callers.size(), 1U);
  server_.reset();
}

TEST_F(HttpClient, KeptConnectionThatTheServerClosedIsReplaced) {
  start();
  auto client = Client::make(std::nullopt);
  ASSERT_TRUE(client->call(endpoint(), get("/hello")).ok());
  ServerOptions options;
  options.host = "127.0.0.1";
  options.port = port();
  server_.reset();
  auto again = Server::bind(options, routes());
  ASSERT_TRUE(again.ok()) << again.error().describe();
  server_ = std::move(again).value();
  server_->start();
  EXPECT_TRUE(client->call(endpoint(), get("/hello")).ok());
}

TEST_F(HttpClient, RequestThatMetAClosingConnectionIsSentOnceMore) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  // Closing after each answer without saying so: the second call may find its connection dead at any moment.
  FixedServer server(std::vector<std::string>(20, answer));
  auto client = Client::make(std::nullopt);
  for (int i = 0; i < 20; ++i) {
    const auto got = client->call(server.endpoint(), get("/"));
    ASSERT_TRUE(got.ok()) << i << ": " << got.error().describe();
    EXPECT_EQ(got->body, "ok");
  }
}

TEST_F(HttpClient, FreshConnectionThatDiesIsNotTriedAgain) {
  FixedServer server({"x", "x"});
  auto client = Client::make(std::nullopt);
  EXPECT_FALSE(client->call(server.endpoint(), get("/")).ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClient, SaysWhichNodeCannotBeReached) {
  start();
  const auto gone = endpoint();
  server_.reset();
  auto client = Client::make(std::nullopt);
  const auto answer = client->call(gone, get("/"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  EXPECT_THAT(answer.error().message(), HasSubstr("refused"));
  ASSERT_EQ(answer.error().details().size(), 1U);
  EXPECT_EQ(answer.error().details()[0].kind, ErrorDetail::Kind::kNode);
  EXPECT_EQ(answer.error().details()[0].where, gone.text());
  EXPECT_EQ(client->call({"no-such-host.invalid", 1}, get("/")).error().code(), ErrorCode::kNodeFailed);
}

TEST_F(HttpClient, GivesUpAtTheDeadline) {
  FixedServer silent({"", ""});
  auto client = Client::make(std::nullopt);
  Call call = get("/");
  call.timeout = 50ms;
  const auto answer = client->call(silent.endpoint(), call);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(answer.error().details()[0].where, silent.endpoint().text());
}

TEST_F(HttpClient, GivesEachAnswerWithoutWaitingForTheOthers) {
  FixedServer silent({"", ""});
  FixedServer quick({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  auto client = Client::make(std::nullopt);
  Call slow = get("/");
  slow.timeout = std::chrono::minutes(10);
  std::promise<std::string> body;
  std::promise<ErrorCode> code;
  client->call_each({{silent.endpoint(), slow}, {quick.endpoint(), slow}},
                    [&](std::size_t at, Result<Response> answer) {
                      if (at == 1) body.set_value(answer.ok() ? answer->body : answer.error().describe());
                      if (at == 0) code.set_value(answer.ok() ? ErrorCode::kInternal : answer.error().code());
                    });
  EXPECT_EQ(body.get_future().get(), "ok");
  client->cancel();
  EXPECT_EQ(code.get_future().get(), ErrorCode::kCancelled);
  EXPECT_EQ(client->call(quick.endpoint(), get("/")).error().code(), ErrorCode::kCancelled);
}

TEST_F(HttpClient, RefusesAnswersThatAreNone) {
  for (const std::string& text :
       {std::string("SMTP ready\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), std::string("HTTP/1.1 200"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n")}) {
    FixedServer server({text});
    auto client = Client::make(std::nullopt);
    const auto answer = client->call(server.endpoint(), get("/"));
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  }
}

TEST_F(HttpClient, TakesAnswersOfOtherServers) {
  const struct {
    const char* text;
    const char* body;
  } cases[] = {{"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
               {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
               {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", "ok"},
               {"HTTP/1.1 204 No Content\r\n\r\n", ""}};
  for (const auto& one : cases) {
    FixedServer server({one.text});
    auto client = Client::make(std::nullopt);
    const auto answer = client->call(server.endpoint(), get("/"));
    ASSERT_TRUE(answer.ok()) << answer.error().describe();
    EXPECT_EQ(answer->body, one.body);
  }
}

TEST_F(HttpClient, RefusesATargetThatWouldSplitTheRequest) {
  auto client = Client::make(std::nullopt);
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y"}) {
    EXPECT_EQ(client->call({"127.0.0.1", 1}, get(target)).error().code(), ErrorCode::kInvalid);
  }
}

TEST_F(HttpClient, CallsAllAtOnceAndAnswersInOrder) {
  start();
  auto client = Client::make(std::nullopt);
  EXPECT_TRUE(client->call_all({}).empty());
  std::vector<std::pair<Endpoint, Call>> calls;
  for (int i = 0; i < 8; ++i) calls.emplace_back(endpoint(), get("/wait"));
  calls.emplace_back(Endpoint{"127.0.0.1", 1}, get("/"));
  calls.emplace_back(endpoint(), get("/query?last=1"));
  // The gate opens when all eight have come: one after the other, they never would.
  std::thread opener([this] {
    if (waiting_.wait_for(8)) gate_.open();
  });
  const auto answers = client->call_all(calls);
  opener.join();
  ASSERT_EQ(answers.size(), 10U);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].value().body, "waited");
  EXPECT_FALSE(answers[8].ok());
  EXPECT_EQ(answers[9].value().body, "last=1;");
}

TEST_F(HttpClient, ServesManyThreads) {
  start();
  auto client = Client::make(std::nullopt);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto body = std::to_string(t) + ":" + std::to_string(i);
        const auto answer = client->call(endpoint(), post("/echo", body));
        if (answer.ok() && answer->body == body) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

TEST_F(HttpClient, DestructionCancelsWhatIsUnderWay) {
  start();
  auto client = Client::make(std::nullopt);
  std::optional<Result<Response>> answer;
  std::thread caller([&, raw = client.get()] { answer = raw->call(endpoint(), get("/wait")); });
  ASSERT_TRUE(waiting_.wait_for(1));
  client.reset();
  caller.join();
  ASSERT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pai::http
