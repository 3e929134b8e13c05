// The master's question to a running client, without TLS; who may ask with TLS is told in tls_test.cpp.
#include <future>

#include <grpcpp/create_channel.h>

#include "integration/channel/parties.h"
#include "pai/v1/task_query.grpc.pb.h"

namespace pai::client::test {
namespace {

grpc::Status ask(const std::string& target, const std::string& task, std::uint32_t client, v1::QueryReply& reply) {
  const auto stub = v1::TaskQuery::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::QueryRequest request;
  request.set_task_name(task);
  request.set_client(client);
  return stub->Query(&context, request, &reply);
}

TEST(TaskQuery, AnswersWithProgressAndForWhomItWaits) {
  Parties parties(2);
  parties.answer_query = [] {
    v1::QueryReply reply;
    reply.set_phase("tag");
    return reply;
  };
  auto channel = parties.open(0);
  auto receiving = std::async(std::launch::async, [&] { return channel->receive<v1::Publish>(1); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (channel->waits().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  v1::QueryReply reply;
  const auto status = ask(parties.target(0), "credit_v1", 0, reply);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply.phase(), "tag");
  ASSERT_EQ(reply.waits_size(), 1);
  EXPECT_EQ(reply.waits(0).peer(), 1u);
  EXPECT_EQ(reply.waits(0).message_type(), "Publish");
  channel->cancel(Error(ErrorCode::kCancelled, "over"));
  (void)receiving.get();
}

TEST(TaskQuery, DoesNotAnswerForAnotherTaskOrClient) {
  Parties parties(2);
  auto channel = parties.open(0);
  v1::QueryReply reply;
  EXPECT_EQ(ask(parties.target(0), "other", 0, reply).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ask(parties.target(0), "credit_v1", 1, reply).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace pai::client::test
