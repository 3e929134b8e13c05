// Who gets a connection: shown with callers and listeners that say the wrong thing, and with peers that never come.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "client/channel/handshake.h"
#include "integration/channel/parties.h"

namespace pai::client::test {
namespace {

using testing::HasSubstr;

void quick(task::TaskFile& file) { file.node.connect_timeout_s = 0.3; }

/// What the listening client 0 answers to a first frame.
v1::Frame answer_to(Parties& parties, const v1::Frame& first) {
  RawCaller caller(parties.target(0));
  EXPECT_TRUE(caller.write(first));
  return caller.read();
}

/// Client 1's Hello to client 0 after an edit.
template <class Edit>
v1::Frame hello(Parties& parties, Edit edit) {
  v1::Frame frame;
  *frame.mutable_hello() = make_hello(parties.tasks[1], 0);
  edit(*frame.mutable_hello());
  return frame;
}

struct WrongHello {
  const char* name;
  void (*edit)(v1::Hello&);
  v1::RefusalReason reason;
};
void PrintTo(const WrongHello& wrong, std::ostream* out) { *out << wrong.name; }

class AcceptorRefuses : public testing::TestWithParam<WrongHello> {};

TEST_P(AcceptorRefuses, WithItsReasonAndStaysOpenForTheRightOne) {
  Parties parties(3);
  auto channel = parties.open(0);
  const auto answer = answer_to(parties, hello(parties, GetParam().edit));
  ASSERT_TRUE(answer.has_refusal()) << answer.DebugString();
  EXPECT_EQ(answer.refusal().reason(), GetParam().reason);
  EXPECT_FALSE(answer.refusal().message().empty());
  EXPECT_TRUE(answer_to(parties, hello(parties, [](v1::Hello&) {})).has_hello());
  channel->finish({});
}

INSTANTIATE_TEST_SUITE_P(
    Hello, AcceptorRefuses,
    testing::Values(
        WrongHello{"version", [](v1::Hello& h) { h.set_protocol_version(2); }, v1::REFUSAL_REASON_VERSION},
        WrongHello{"no_version", [](v1::Hello& h) { h.clear_protocol_version(); }, v1::REFUSAL_REASON_VERSION},
        WrongHello{"task", [](v1::Hello& h) { h.set_task_name("other"); }, v1::REFUSAL_REASON_TASK},
        WrongHello{"digest", [](v1::Hello& h) { h.set_task_digest(std::string(32, 'x')); }, v1::REFUSAL_REASON_DIGEST},
        WrongHello{"no_digest", [](v1::Hello& h) { h.clear_task_digest(); }, v1::REFUSAL_REASON_DIGEST},
        WrongHello{"run", [](v1::Hello& h) { h.set_run_id("run-0"); }, v1::REFUSAL_REASON_RUN},
        WrongHello{"to", [](v1::Hello& h) { h.set_to_client(2); }, v1::REFUSAL_REASON_CLIENT_ID},
        WrongHello{"from_itself", [](v1::Hello& h) { h.set_from_client(0); }, v1::REFUSAL_REASON_CLIENT_ID},
        WrongHello{"from_nobody", [](v1::Hello& h) { h.set_from_client(3); }, v1::REFUSAL_REASON_CLIENT_ID},
        WrongHello{"from_huge", [](v1::Hello& h) { h.set_from_client(4'294'967'295u); }, v1::REFUSAL_REASON_CLIENT_ID}),
    [](const auto& instance) { return instance.param.name; });

TEST(Acceptor, RefusesAFirstFrameThatIsNoHello) {
  Parties parties(2);
  auto channel = parties.open(0);
  v1::Frame frame;
  frame.mutable_publish();
  EXPECT_EQ(answer_to(parties, frame).refusal().reason(), v1::REFUSAL_REASON_MALFORMED);
  EXPECT_EQ(answer_to(parties, v1::Frame()).refusal().reason(), v1::REFUSAL_REASON_MALFORMED);
  channel->finish({});
}

TEST(Acceptor, RefusesASecondStreamOfTheSameClientAndKeepsTheFirst) {
  Parties parties(2);
  auto channel = parties.open(0);
  RawCaller first(parties.target(0));
  ASSERT_TRUE(first.write(hello(parties, [](v1::Hello&) {})));
  ASSERT_TRUE(first.read().has_hello());
  EXPECT_EQ(answer_to(parties, hello(parties, [](v1::Hello&) {})).refusal().reason(),
            v1::REFUSAL_REASON_ALREADY_CONNECTED);
  ASSERT_TRUE(first.write(Channel::wrap(declaration(3))));
  EXPECT_EQ(channel->receive<v1::SetDeclaration>(1)->rows(), 3u);
  first.half_close();
  channel->finish({});
}

TEST(Acceptor, BearsOnlyAFewCallersThatSayNothing) {
  Parties parties(2);
  auto channel = parties.open(0);
  std::vector<std::unique_ptr<RawCaller>> silent;
  std::vector<std::future<v1::Frame>> ends;
  for (int i = 0; i < 12; ++i) silent.push_back(std::make_unique<RawCaller>(parties.target(0)));
  // Room is for 2 × 2 + 4; the others are turned away at once, without waiting for their time to end.
  for (auto& caller : silent) ends.push_back(std::async(std::launch::async, [&] { return caller->read(); }));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  std::size_t turned_away = 0;
  while (turned_away < 4 && std::chrono::steady_clock::now() < deadline) {
    turned_away = 0;
    for (auto& end : ends) turned_away += end.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready;
  }
  EXPECT_EQ(turned_away, 4u);
  for (auto& caller : silent) caller->cancel();
  for (auto& end : ends) end.get();
  // Those who are due still get in.
  auto late = parties.open(1);
  ASSERT_TRUE(late->send(0, declaration(1)).ok());
  EXPECT_TRUE(channel->receive<v1::SetDeclaration>(1).ok());
  std::vector<std::unique_ptr<TaskChannel>> both;
  both.push_back(std::move(channel));
  both.push_back(std::move(late));
  finish_all(both);
}

/// Sends bytes that are no HTTP/2 to the port and reads until the other side closes.
void send_garbage(std::uint16_t port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  ::shutdown(fd, SHUT_WR);
  char buffer[4096];
  while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
  }
  ::close(fd);
}

TEST(Acceptor, SurvivesGarbageOnItsPort) {
  Parties parties(2);
  auto channel = parties.open(0);
  const auto port = parties.tasks[0].self().computation_port;
  send_garbage(port, std::string(100'000, '\xff'));
  send_garbage(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  send_garbage(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(5000, '\x01'));
  send_garbage(port, "");
  auto other = parties.open(1);
  ASSERT_TRUE(other->send(0, declaration(1)).ok());
  EXPECT_TRUE(channel->receive<v1::SetDeclaration>(1).ok());
  std::vector<std::unique_ptr<TaskChannel>> both;
  both.push_back(std::move(channel));
  both.push_back(std::move(other));
  finish_all(both);
}

TEST(Acceptor, ATakenPortIsAnErrorThatSaysSo) {
  Parties parties(2);
  auto channel = parties.open(0);
  const auto second = parties.try_open(0);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(second.error().message(),
            "computation port " + std::to_string(parties.tasks[0].self().computation_port) + " is taken");
  channel->finish({});
}

TEST(Acceptor, WithoutTlsOnlyLoopbackIsListenedOn) {
  Parties parties(2, [](task::TaskFile& file) { file.node.bind = "0.0.0.0"; });
  const auto channel = parties.try_open(0);
  ASSERT_FALSE(channel.ok());
  EXPECT_THAT(channel.error().message(), HasSubstr("loopback"));
}

TEST(Connecting, APeerThatNeverComesIsNamedAndBlamed) {
  Parties parties(2, quick);
  auto channel = parties.open(0);
  const auto got = channel->receive<v1::Publish>(1);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kPeerLost);
  EXPECT_EQ(got.error().blames(), 1);
  EXPECT_THAT(got.error().message(), HasSubstr("client 1 (feature_client at 127.0.0.1:8084) did not connect within"));
  EXPECT_EQ(channel->send(1, v1::Publish()).error().message(), got.error().message()) << "one reason for all calls";
}

TEST(Connecting, APeerThatCannotBeReachedIsNamedAndBlamed) {
  Parties parties(2, quick);
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().blames(), 0);
  EXPECT_THAT(status.error().message(), HasSubstr("client 0 (main_client at 127.0.0.1:8083) could not be reached"));
  EXPECT_THAT(status.error().message(), HasSubstr("refused"));
}

TEST(Connecting, ALatePeerIsWaitedForOnEitherSide) {
  for (const int late : {0, 1}) {
    Parties parties(2);
    auto early = parties.open(1 - late);
    auto sending = std::async(std::launch::async, [&] { return early->send(late, declaration(4)); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (early->waits().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_EQ(early->waits().at(0).message_type, "connection");
    auto channel = parties.open(late);
    EXPECT_TRUE(sending.get().ok());
    EXPECT_EQ(channel->receive<v1::SetDeclaration>(1 - late)->rows(), 4u);
    std::vector<std::unique_ptr<TaskChannel>> both;
    both.push_back(std::move(early));
    both.push_back(std::move(channel));
    finish_all(both);
  }
}

TEST(Connecting, ADifferentTaskVersionFailsTheCallerAtOnce) {
  Parties parties(2);
  parties.tasks[1].spec.clients[0].settings["test_ratio"] = 0.3;
  auto main = parties.open(0);
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("refused the connection: the two sides were given different versions"));
  main->finish(Status());
}

TEST(Dialer, APortThatSpeaksSomethingElseIsGivenUp) {
  Parties parties(2);
  const auto port = parties.tasks[0].self().computation_port;
  // A listener that closes what it accepts.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 16), 0);
  std::thread closer([&] {
    for (int accepted = ::accept(fd, nullptr, nullptr); accepted >= 0; accepted = ::accept(fd, nullptr, nullptr)) {
      ::close(accepted);
    }
  });
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().blames(), 0);
  EXPECT_THAT(status.error().message(), HasSubstr("no connection to client 0"));
  channel.reset();
  ::shutdown(fd, SHUT_RDWR);
  closer.join();
  ::close(fd);
}

TEST(Dialer, AnAnswerOfAnotherTaskIsRefusedHereToo) {
  Parties parties(2);
  std::promise<v1::Frame> last;
  RawListener listener(parties.tasks[0].self().computation_port, [&](auto& stream) {
    v1::Frame frame;
    stream.Read(&frame);
    frame.mutable_hello()->set_from_client(0);
    frame.mutable_hello()->set_to_client(1);
    frame.mutable_hello()->set_run_id("run-0");
    stream.Write(frame);
    frame.Clear();
    (void)stream.Read(&frame);
    last.set_value(frame);
  });
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kProtocol);
  EXPECT_EQ(status.error().blames(), 0);
  EXPECT_THAT(status.error().message(), HasSubstr("different starts"));
  last.get_future().wait();
}

TEST(Dialer, AnAnswerThatIsNoHandshakeIsRefused) {
  Parties parties(2);
  RawListener listener(parties.tasks[0].self().computation_port, [](auto& stream) {
    v1::Frame frame;
    stream.Read(&frame);
    stream.Write(Channel::wrap(declaration(1)));
    (void)stream.Read(&frame);
  });
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("Hello was due"));
}

TEST(Handshake, EveryFieldOfHelloComesFromItsPlace) {
  Parties parties(3);
  auto& task = parties.tasks[2];
  task.run_id = "r7";
  const auto made = make_hello(task, 1);
  EXPECT_EQ(made.protocol_version(), 1u);
  EXPECT_EQ(made.task_name(), "credit_v1");
  EXPECT_EQ(made.task_digest().size(), 32u);
  EXPECT_EQ(made.run_id(), "r7");
  EXPECT_EQ(made.from_client(), 2u);
  EXPECT_EQ(made.to_client(), 1u);
  EXPECT_FALSE(made.software_version().empty());
}

}  // namespace
}  // namespace pai::client::test
