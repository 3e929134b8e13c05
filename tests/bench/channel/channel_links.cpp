#include <atomic>

#include "bench/channel/links.h"
#include "client/channel/grpc_channel.h"
#include "support/alignment_spec.h"

namespace pai::bench {

namespace {

using namespace client;

class ChannelLinks final : public Links {
 public:
  explicit ChannelLinks(const Party& party) {
    task::TaskFile task;
    task.spec = pai::test::alignment_spec("bench", party.parties(), [&](int id) { return party.ports.at(static_cast<std::size_t>(id)); });
    task.run_id = "00112233445566778899aabbccddeeff";
    for (auto& client : task.spec.clients) client.identity = "node" + std::to_string(client.id);
    task.client_id = party.self;
    task.node.bind = "127.0.0.1";
    task.node.tls = party.files;
    GrpcChannelOptions options;
    options.progress = &progress_;
    options.may_pass = pai::test::everything_may_pass;
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
