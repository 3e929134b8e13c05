#include <atomic>

#include "bench/channel/links.h"
#include "client/channel/grpc_channel.h"

namespace pai::bench {

namespace {

using namespace client;

class ChannelLinks final : public Links {
 public:
  explicit ChannelLinks(const Party& party) {
    task::TaskFile task;
    task.spec.name = "bench";
    task.run_id = "00112233445566778899aabbccddeeff";
    for (int id = 0; id < party.parties(); ++id) {
      task::ClientSpec spec;
      spec.id = id;
      spec.role = id == 0 ? task::Role::kMainClient : task::Role::kFeatureClient;
      spec.type = id == 0 ? task::ClientType::kAlignmentMain : task::ClientType::kAlignmentData;
      spec.addr = "127.0.0.1";
      spec.http_port = static_cast<std::uint16_t>(8083 + id);
      spec.computation_port = party.ports.at(static_cast<std::size_t>(id));
      spec.identity = "node" + std::to_string(id);
      task.spec.clients.push_back(spec);
    }
    task.client_id = party.self;
    task.node.bind = "127.0.0.1";
    task.node.tls = party.files;
    GrpcChannelOptions options;
    options.progress = &progress_;
    auto channel = open_grpc_channel(task, options);
    if (!channel.ok()) give_up(channel.error().describe());
    channel_ = std::move(channel).value();
  }

  ~ChannelLinks() override { channel_->finish({}); }

  void send(int peer, const std::string& body) override {
    v1::TagBatch message;
    message.set_tags(body);
    const auto status = channel_->send(peer, std::move(message));
    if (!status.ok()) give_up(status.error().describe());
  }

  std::size_t receive(int peer) override {
    const auto got = channel_->receive<v1::TagBatch>(peer);
    if (!got.ok()) give_up(got.error().describe());
    return got->tags().size();
  }

 private:
  std::atomic<std::uint64_t> progress_{0};
  std::unique_ptr<TaskChannel> channel_;
};

}  // namespace

std::unique_ptr<Links> channel_links(const Party& party) {
  return std::make_unique<ChannelLinks>(party);
}

}  // namespace pai::bench
