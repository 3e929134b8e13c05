#include "integration/channel/parties.h"

#include <unistd.h>

#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace pai::client::test {

Parties::Parties(int count, const std::function<void(task::TaskFile&)>& edit) {
  task::TaskFile common;
  common.spec = pai::test::alignment_spec("credit_v1", count, [](int) { return static_cast<std::uint16_t>(pai::test::free_port()); });
  common.run_id = "run-1";
  common.node.bind = "127.0.0.1";
  common.node.insecure = true;
  for (int id = 0; id < count; ++id) {
    tasks.push_back(common);
    tasks.back().client_id = id;
    if (edit) edit(tasks.back());
    progress.push_back(std::make_unique<std::atomic<std::uint64_t>>(0));
  }
}

Result<std::unique_ptr<TaskChannel>> Parties::try_open(int client) {
  const auto index = static_cast<std::size_t>(client);
  GrpcChannelOptions options;
  options.progress = progress.at(index).get();
  options.answer_query = answer_query;
  options.may_pass = may_pass;
  return open_grpc_channel(tasks.at(index), options);
}

std::unique_ptr<TaskChannel> Parties::open(int client) {
  auto channel = try_open(client);
  EXPECT_TRUE(channel.ok()) << channel.error().describe();
  return channel.ok() ? *std::move(channel) : nullptr;
}

std::vector<std::unique_ptr<TaskChannel>> Parties::open_all() {
  std::vector<std::unique_ptr<TaskChannel>> channels;
  for (int id = 0; id < count(); ++id) channels.push_back(open(id));
  return channels;
}

std::string Parties::target(int client) const {
  return "ipv4:127.0.0.1:" +
         std::to_string(tasks.front().spec.clients.at(static_cast<std::size_t>(client)).computation_port);
}

std::vector<Status> run_parties(Parties& parties, const std::function<Status(Channel&)>& role) {
  std::vector<Status> outcomes(static_cast<std::size_t>(parties.count()));
  std::vector<std::thread> threads;
  for (int id = 0; id < parties.count(); ++id) {
    threads.emplace_back([&, id] {
      const auto channel = parties.open(id);
      auto outcome = role(*channel);
      channel->finish(outcome);
      outcomes[static_cast<std::size_t>(id)] = std::move(outcome);
    });
  }
  for (auto& thread : threads) thread.join();
  return outcomes;
}

void finish_all(std::vector<std::unique_ptr<TaskChannel>>& channels, const Status& outcome) {
  std::vector<std::thread> threads;
  for (auto& channel : channels) {
    if (channel) threads.emplace_back([&] { channel->finish(outcome); });
  }
  for (auto& thread : threads) thread.join();
}

v1::SetDeclaration declaration(std::uint64_t rows) {
  v1::SetDeclaration made;
  made.set_rows(rows);
  return made;
}

v1::TagBatch batch(std::size_t bytes) {
  v1::TagBatch made;
  made.set_tags(std::string(bytes, 't'));
  return made;
}

RawCaller::RawCaller(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  stub_ = v1::Computation::NewStub(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
  context_.set_wait_for_ready(true);
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  stream_ = stub_->Exchange(&context_);
}

RawCaller::~RawCaller() {
  context_.TryCancel();
  (void)stream_->Finish();
}

v1::Frame RawCaller::read() {
  v1::Frame frame;
  if (!stream_->Read(&frame)) frame.Clear();
  return frame;
}

struct RawListener::Service final : v1::Computation::Service {
  explicit Service(Serve serve_) : serve(std::move(serve_)) {}
  grpc::Status Exchange(grpc::ServerContext*, grpc::ServerReaderWriter<v1::Frame, v1::Frame>* stream) override {
    serve(*stream);
    return grpc::Status::OK;
  }
  const Serve serve;
};

RawListener::RawListener(std::uint16_t port, Serve serve) : service_(std::make_unique<Service>(std::move(serve))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials());
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
}

RawListener::~RawListener() { server_->Shutdown(std::chrono::system_clock::now()); }

}  // namespace pai::client::test
