#include <condition_variable>
#include <mutex>

#include "bench/channel/grpc_ends.h"

namespace pai::bench {

namespace {

using ServerStream = grpc::ServerReaderWriter<v1::Frame, v1::Frame>;
using ClientStream = grpc::ClientReaderWriter<v1::Frame, v1::Frame>;

class SyncLinks final : public Links, private v1::Computation::Service {
 public:
  explicit SyncLinks(const Party& party)
      : party_(party),
        material_(material_of(party)),
        accepted_(party.ports.size()),
        dialed_(party.ports.size()),
        contexts_(party.ports.size()) {
    grpc::ServerBuilder builder;
    listen(builder, party, material_);
    builder.RegisterService(this);
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
    server_ = builder.BuildAndStart();
    if (!server_) give_up("port taken");
    for (int peer = 0; peer < party.self; ++peer) {
      const auto stub = dial(party, peer, material_);
      const auto index = static_cast<std::size_t>(peer);
      contexts_[index] = std::make_unique<grpc::ClientContext>();
      dialed_[index] = stub->Exchange(contexts_[index].get());
      if (!dialed_[index]->Write(hello(party))) give_up("write failed");
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return met_ == party_.parties() - party_.self - 1; });
  }

  ~SyncLinks() override {
    for (auto& stream : dialed_) {
      if (!stream) continue;
      stream->WritesDone();
      v1::Frame rest;
      while (stream->Read(&rest)) {
      }
      (void)stream->Finish();
    }
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    server_->Shutdown();
  }

  void send(int peer, const std::string& body) override {
    frame_.mutable_tag_batch()->set_tags(body);
    const auto index = static_cast<std::size_t>(peer);
    const bool written = dialed_[index] ? dialed_[index]->Write(frame_) : accepted_[index]->Write(frame_);
    if (!written) give_up("write failed");
  }

  std::size_t receive(int peer) override {
    const auto index = static_cast<std::size_t>(peer);
    const bool read = dialed_[index] ? dialed_[index]->Read(&got_) : accepted_[index]->Read(&got_);
    if (!read) give_up("read failed");
    return got_.tag_batch().tags().size();
  }

 private:
  grpc::Status Exchange(grpc::ServerContext*, ServerStream* stream) override {
    v1::Frame frame;
    if (!stream->Read(&frame)) give_up("read failed");
    std::unique_lock lock(mutex_);
    accepted_.at(frame.hello().from_client()) = stream;
    ++met_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return over_; });
    return grpc::Status::OK;
  }

  const Party party_;
  const tls::Material material_;
  std::vector<ServerStream*> accepted_;
  std::vector<std::unique_ptr<ClientStream>> dialed_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int met_ = 0;
  bool over_ = false;
  v1::Frame frame_;
  v1::Frame got_;
};

}  // namespace

std::unique_ptr<Links> sync_links(const Party& party) {
  return std::make_unique<SyncLinks>(party);
}

}  // namespace pai::bench
