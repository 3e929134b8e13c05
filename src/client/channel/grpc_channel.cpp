#include "client/channel/grpc_channel.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "client/channel/acceptor.h"
#include "client/channel/credentials.h"
#include "client/channel/dialer.h"
#include "client/channel/event_loop.h"
#include "client/channel/handshake.h"
#include "common/disclosure/declarations.h"

namespace pai::client {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// How long the end waits for the peers to have read everything.
constexpr auto kFinishTime = 5s;
constexpr auto kHandshakeGrace = 250ms;
constexpr std::size_t kMailboxBytesMin = std::size_t{2} << 20;
constexpr std::size_t kMailboxBytesMax = std::size_t{8} << 20;

Clock::duration seconds(double value) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

class GrpcChannel final : public TaskChannel {
 public:
  GrpcChannel(const task::TaskFile& task, const GrpcChannelOptions& options, std::optional<tls::Material> material)
      : task_(task),
        progress_(*options.progress),
        started_(Clock::now()),
        session_{.task = task_,
                 .material = std::move(material),
                 .peers = peers_,
                 .loop = loop_,
                 .log = options.log,
                 .answer_query = options.answer_query,
                 // Those who are due, at most once on either side each, and a few strangers.
                 .calls = BoundedCalls(2 * task_.spec.clients.size() + 4)} {
    const auto& node = task_.node;
    const PeerTimes times{seconds(node.heartbeat_s), seconds(node.peer_lost_s), seconds(node.stall_timeout_s)};
    const int clients = static_cast<int>(task_.spec.clients.size());
    const auto mailbox_bytes =
        std::clamp(options.inbox_bytes_max / static_cast<std::size_t>(std::max(1, clients - 1)), kMailboxBytesMin,
                   kMailboxBytesMax);
    for (int id = 0; id < clients; ++id) {
      peers_.push_back(id == task_.client_id ? nullptr
                                             : std::make_unique<Peer>(pair_with(id, options.may_pass), times, mailbox_bytes, progress_,
                                                                      traffic_, loop_));
    }
    const auto shortest = std::min({times.heartbeat, times.lost, times.stall, seconds(node.connect_timeout_s)});
    tick_ = std::clamp<Clock::duration>(shortest / 4, 2ms, 500ms);
  }

  Status open() {
    PAI_ASSIGN(acceptor_, Acceptor::start(session_));
    const auto deadline = started_ + seconds(task_.node.connect_timeout_s);
    for (auto& peer : peers_) {
      if (peer && peer->id() < task_.client_id) dialers_.push_back(Dialer::start(session_, *peer, deadline));
    }
    watcher_ = std::thread([this] { watch(); });
    return {};
  }

  ~GrpcChannel() override {
    if (!finished_) close(Clock::now());
  }

  int self() const override { return task_.client_id; }

  void cancel(const Error& reason) override {
    for_each_peer([&](Peer& peer) { peer.cancel(reason); });
  }

  std::vector<Wait> waits() const override {
    std::vector<Wait> waits;
    const auto now = Clock::now();
    for_each_peer([&](const Peer& peer) {
      if (const auto waiting = peer.waiting()) {
        const std::chrono::duration<double> since = now - waiting->since;
        waits.push_back({peer.id(), waiting->message_type, since.count()});
      }
    });
    return waits;
  }

  std::vector<Traffic> sent() const override { return traffic_.totals(); }

  std::vector<WaitTotals> waited() const override {
    std::vector<WaitTotals> totals;
    for_each_peer([&](const Peer& peer) { totals.push_back(peer.waited()); });
    return totals;
  }

  void finish(const Status& outcome, const task::HashChain::Head& ledger) override {
    PAI_CHECK(!finished_, "finish is called once");
    finished_ = true;
    for (auto& dialer : dialers_) dialer->stop();
    for_each_peer([&](Peer& peer) { peer.say_goodbye({outcome, ledger}); });
    session_.calls.wait_until_none(Clock::now() + kHandshakeGrace);  // those in a handshake learn it right after
    close(Clock::now() + kFinishTime);
  }

  std::vector<PeerLedger> peer_ledgers() const override {
    std::vector<PeerLedger> ledgers;
    for_each_peer([&](const Peer& peer) {
      if (auto head = peer.ledger()) ledgers.push_back({peer.id(), *std::move(head)});
    });
    return ledgers;
  }

 protected:
  Status send_frame(int peer, v1::Frame frame) override { return checked(peer).send(std::move(frame)); }
  Result<v1::Frame> receive_frame(int peer, const google::protobuf::Descriptor& expected) override {
    return checked(peer).receive(expected);
  }

 private:
  Pair pair_with(int peer, disclosure::MayPass may_pass) const {
    return {.id = peer,
            .label = party_label(task_, peer),
            .clients = static_cast<int>(task_.spec.clients.size()),
            .to_it = may_pass(task_.spec, task_.client_id, peer),
            .from_it = may_pass(task_.spec, peer, task_.client_id)};
  }

  Peer& checked(int peer) {
    PAI_CHECK(peer >= 0 && peer < static_cast<int>(peers_.size()) && peer != task_.client_id, "no such peer");
    return session_.peer(peer);
  }

  template <class Action>
  void for_each_peer(Action action) const {
    for (const auto& peer : peers_) {
      if (peer) action(*peer);
    }
  }

  /// Streams may end in order until `deadline`; then they are cut.
  void close(Clock::time_point deadline) {
    for (auto& dialer : dialers_) dialer->stop();
    for_each_peer([](Peer& peer) { peer.discard(); });
    for_each_peer([&](Peer& peer) { (void)peer.wait_over(deadline); });  // cut below if it isn't
    for_each_peer([](Peer& peer) { peer.cut(); });
    session_.calls.close();
    for (auto& dialer : dialers_) dialer->join();
    if (acceptor_) acceptor_->stop(100ms);
    loop_.stop();
    if (watcher_.joinable()) watcher_.join();
    loop_.close();
  }

  /// Between two looks at the clocks this thread keeps the loop.
  void watch() {
    const auto connect_deadline = started_ + seconds(task_.node.connect_timeout_s);
    const auto listen = [this] { for_each_peer([](Peer& peer) { peer.listen(); }); };
    auto last = Clock::now();
    while (loop_.keep(last + tick_, listen)) {
      const auto now = Clock::now();
      // A process that was stopped or starved has frames waiting in its sockets: it must not judge by old clocks.
      const bool overslept = now - last > 2 * tick_ + seconds(task_.node.peer_lost_s) / 2;
      last = now;
      progress_.look_at_own();
      session_.calls.cancel_late(now);
      for_each_peer([&](Peer& peer) {
        if (overslept) peer.forgive_silence(now);
        peer.watch(now, tick_);
        if (now > connect_deadline && !peer.is_connected() && !peer.failure()) peer.fail(not_connected(peer));
      });
    }
  }

  Error not_connected(const Peer& peer) const {
    auto message = peer.label() + (peer.id() < task_.client_id ? " could not be reached" : " did not connect") + " within " +
                   std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                      seconds(task_.node.connect_timeout_s)).count()) + " s";
    if (const auto trouble = peer.trouble(); !trouble.empty()) message += ": " + trouble;
    return Error(ErrorCode::kPeerLost, std::move(message)).blaming(peer.id());
  }

  const task::TaskFile task_;
  ProgressClock progress_;
  TrafficCounter traffic_;
  const Clock::time_point started_;
  Clock::duration tick_{};
  EventLoop loop_;
  std::vector<std::unique_ptr<Peer>> peers_;
  Session session_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::unique_ptr<Dialer>> dialers_;
  bool finished_ = false;
  std::thread watcher_;
};

}  // namespace

Result<std::unique_ptr<TaskChannel>> open_grpc_channel(const task::TaskFile& task, const GrpcChannelOptions& options) {
  PAI_CHECK(options.progress != nullptr, "a channel needs to know our progress");
  PAI_TRY(disclosure::check_declarations());
  std::optional<tls::Material> material;
  if (!task.node.insecure) {
    PAI_ASSIGN(material, tls::load(task.node.tls));
  }
  prepare_grpc();
  auto channel = std::make_unique<GrpcChannel>(task, options, std::move(material));
  PAI_TRY(channel->open());
  return std::unique_ptr<TaskChannel>(std::move(channel));
}

}  // namespace pai::client
