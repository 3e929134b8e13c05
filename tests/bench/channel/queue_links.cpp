#include "bench/channel/grpc_ends.h"

namespace pai::bench {

namespace {

using ServerStream = grpc::ServerAsyncReaderWriter<v1::Frame, v1::Frame>;
using ClientStream = grpc::ClientAsyncReaderWriter<v1::Frame, v1::Frame>;

/// One stream of the queue's. A write is waited for before the next. A read begins after the write that
/// follows the one before, or when its message is waited for: gRPC writes its window updates along with our
/// message then, not alone.
struct Stream {
  enum class Event : std::uintptr_t { kOpened, kRead, kWritten };
  struct Tag {
    Stream* stream;
    Event event;
  };

  std::unique_ptr<grpc::ServerContext> server_context;
  std::unique_ptr<ServerStream> accepted;
  std::unique_ptr<grpc::ClientContext> client_context;
  std::unique_ptr<ClientStream> dialed;
  Tag opened{this, Event::kOpened};
  Tag read{this, Event::kRead};
  Tag written{this, Event::kWritten};
  int peer = -1;
  bool writing = false;
  bool reading = false;
  bool over = false;
  v1::Frame incoming;
  std::vector<std::size_t> inbox;

  void start_read() {
    if (reading || over) return;
    reading = true;
    dialed ? dialed->Read(&incoming, &read) : accepted->Read(&incoming, &read);
  }
  void start_write(const v1::Frame& frame) {
    writing = true;
    dialed ? dialed->Write(frame, &written) : accepted->Write(frame, &written);
  }
};

class QueueLinks final : public Links {
 public:
  explicit QueueLinks(const Party& party) : material_(material_of(party)), streams_(party.ports.size()) {
    grpc::ServerBuilder builder;
    listen(builder, party, material_);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    if (!server_) give_up("port taken");
    for (int peer = party.self + 1; peer < party.parties(); ++peer) {
      auto stream = std::make_unique<Stream>();
      stream->server_context = std::make_unique<grpc::ServerContext>();
      stream->accepted = std::make_unique<ServerStream>(stream->server_context.get());
      service_.RequestExchange(stream->server_context.get(), stream->accepted.get(), queue_.get(),
                               queue_.get(), &stream->opened);
      strangers_.push_back(std::move(stream));
    }
    for (int peer = 0; peer < party.self; ++peer) {
      const auto stub = dial(party, peer, material_);
      auto stream = std::make_unique<Stream>();
      stream->peer = peer;
      stream->client_context = std::make_unique<grpc::ClientContext>();
      stream->dialed = stub->AsyncExchange(stream->client_context.get(), queue_.get(), &stream->opened);
      strangers_.push_back(std::move(stream));
    }
    hello_ = hello(party);
    while (met_ + 1 < party.parties()) serve();
  }

  ~QueueLinks() override {
    // Parties leave together: what is under way is cut.
    server_->Shutdown(std::chrono::system_clock::now());
    for (auto& stream : streams_) {
      if (stream && stream->client_context) stream->client_context->TryCancel();
    }
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
  }

  void send(int peer, const std::string& body) override {
    auto& stream = *streams_[static_cast<std::size_t>(peer)];
    while (stream.writing && !stream.over) serve();
    frame_.mutable_tag_batch()->set_tags(body);
    stream.start_write(frame_);
    stream.start_read();
  }

  std::size_t receive(int peer) override {
    auto& inbox = streams_[static_cast<std::size_t>(peer)]->inbox;
    while (inbox.empty()) {
      if (streams_[static_cast<std::size_t>(peer)]->over) give_up("a stream ended");
      streams_[static_cast<std::size_t>(peer)]->start_read();
      serve();
    }
    const auto size = inbox.front();
    inbox.erase(inbox.begin());
    return size;
  }

 private:
  void serve() {
    void* got = nullptr;
    bool ok = false;
    if (!queue_->Next(&got, &ok)) give_up("the queue ended");
    const auto& tag = *static_cast<Stream::Tag*>(got);
    auto& stream = *tag.stream;
    if (!ok) {  // a peer that is done may leave before us
      stream.over = true;
      return;
    }
    switch (tag.event) {
      case Stream::Event::kOpened:
        if (stream.dialed) {
          stream.start_write(hello_);
          meet(stream);
        }
        stream.start_read();
        break;
      case Stream::Event::kRead:
        stream.reading = false;
        if (stream.incoming.has_hello()) {
          stream.peer = static_cast<int>(stream.incoming.hello().from_client());
          meet(stream);
          stream.start_read();
        } else {
          stream.inbox.push_back(stream.incoming.tag_batch().tags().size());
        }
        break;
      case Stream::Event::kWritten:
        stream.writing = false;
        break;
    }
  }

  void meet(Stream& stream) {
    for (auto& stranger : strangers_) {
      if (stranger.get() == &stream) streams_.at(static_cast<std::size_t>(stream.peer)) = std::move(stranger);
    }
    ++met_;
  }

  const tls::Material material_;
  v1::Computation::AsyncService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<Stream>> strangers_;
  std::vector<std::unique_ptr<Stream>> streams_;
  v1::Frame hello_;
  v1::Frame frame_;
  int met_ = 0;
};

}  // namespace

std::unique_ptr<Links> queue_links(const Party& party) {
  return std::make_unique<QueueLinks>(party);
}

}  // namespace pai::bench
