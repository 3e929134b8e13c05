#include <condition_variable>
#include <deque>
#include <mutex>

#include "bench/channel/grpc_ends.h"

namespace pai::bench {

namespace {

/// What a reactor's thread and the caller's share.
class Slot {
 public:
  void arrived(const v1::Frame& frame) {
    const std::lock_guard lock(mutex_);
    sizes_.push_back(frame.tag_batch().tags().size());
    changed_.notify_one();
  }
  void written() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    changed_.notify_one();
  }
  void await_written() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !writing_; });
    writing_ = true;
  }
  std::size_t take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !sizes_.empty(); });
    const auto size = sizes_.front();
    sizes_.pop_front();
    return size;
  }
  std::function<void(const v1::Frame&)> write;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> sizes_;
  bool writing_ = false;
};

class CallbackLinks final : public Links, private v1::Computation::CallbackService {
 public:
  explicit CallbackLinks(const Party& party) : party_(party), material_(material_of(party)) {
    for (int peer = 0; peer < party.parties(); ++peer) slots_.push_back(std::make_unique<Slot>());
    grpc::ServerBuilder builder;
    listen(builder, party, material_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (!server_) give_up("port taken");
    for (int peer = 0; peer < party.self; ++peer) {
      auto reactor = std::make_unique<Dialed>(*slots_[static_cast<std::size_t>(peer)]);
      const auto stub = dial(party, peer, material_);
      stub->async()->Exchange(&reactor->context, reactor.get());
      reactor->start(hello(party));
      dialed_.push_back(std::move(reactor));
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return met_ == party_.parties() - party_.self - 1; });
  }

  ~CallbackLinks() override {
    server_->Shutdown(std::chrono::system_clock::now());
    for (auto& reactor : dialed_) reactor->context.TryCancel();
    for (auto& reactor : dialed_) reactor->wait();
    server_.reset();
  }

  void send(int peer, const std::string& body) override {
    auto& slot = *slots_[static_cast<std::size_t>(peer)];
    slot.await_written();
    v1::Frame frame;
    frame.mutable_tag_batch()->set_tags(body);
    slot.write(frame);
  }

  std::size_t receive(int peer) override { return slots_[static_cast<std::size_t>(peer)]->take(); }

 private:
  class Dialed final : public grpc::ClientBidiReactor<v1::Frame, v1::Frame> {
   public:
    explicit Dialed(Slot& slot) : slot_(slot) {}
    void start(const v1::Frame& hello) {
      slot_.await_written();
      slot_.write = [this](const v1::Frame& frame) { StartWrite(&(outgoing_ = frame)); };
      StartRead(&incoming_);
      slot_.write(hello);
      StartCall();
    }
    void OnReadDone(bool ok) override {
      if (!ok) return;
      slot_.arrived(incoming_);
      StartRead(&incoming_);
    }
    void OnWriteDone(bool) override { slot_.written(); }
    void OnDone(const grpc::Status&) override {
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    void wait() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return done_; });
    }
    grpc::ClientContext context;

   private:
    Slot& slot_;
    v1::Frame incoming_;
    v1::Frame outgoing_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
  };

  class Accepted final : public grpc::ServerBidiReactor<v1::Frame, v1::Frame> {
   public:
    explicit Accepted(CallbackLinks& links) : links_(links) { StartRead(&incoming_); }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      if (incoming_.has_hello()) {
        slot_ = links_.slots_.at(incoming_.hello().from_client()).get();
        slot_->write = [this](const v1::Frame& frame) { StartWrite(&(outgoing_ = frame)); };
        const std::lock_guard lock(links_.mutex_);
        ++links_.met_;
        links_.changed_.notify_all();
      } else {
        slot_->arrived(incoming_);
      }
      StartRead(&incoming_);
    }
    void OnWriteDone(bool) override { slot_->written(); }
    void OnDone() override { delete this; }

   private:
    CallbackLinks& links_;
    Slot* slot_ = nullptr;
    v1::Frame incoming_;
    v1::Frame outgoing_;
  };

  grpc::ServerBidiReactor<v1::Frame, v1::Frame>* Exchange(grpc::CallbackServerContext*) override {
    return new Accepted(*this);
  }

  const Party party_;
  const tls::Material material_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<Dialed>> dialed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int met_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<Links> callback_links(const Party& party) {
  return std::make_unique<CallbackLinks>(party);
}

}  // namespace pai::bench
