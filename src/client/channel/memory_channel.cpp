#include "client/channel/memory_channel.h"

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "client/channel/inbox.h"
#include "client/channel/traffic.h"

namespace pai::client {

namespace {

using Clock = Inbox::Clock;

std::string label(int client) { return "client " + std::to_string(client); }

/// All inboxes of all parties.
class Switchboard {
 public:
  Switchboard(int parties, const MemoryNetwork& network)
      : parties_(parties), network_(network), last_progress_(Clock::now().time_since_epoch().count()) {
    for (int i = 0; i < parties * parties; ++i) {
      inboxes_.push_back(std::make_unique<Inbox>(network.bytes_max));
    }
    frames_ = std::vector<std::atomic<std::uint64_t>>(inboxes_.size());
  }

  int parties() const { return parties_; }
  const MemoryNetwork& network() const { return network_; }
  /// What `to` has from `from`.
  Inbox& inbox(int to, int from) { return *inboxes_[index(to, from)]; }
  /// Frames that `from` sent to `to` so far, this one not counted.
  std::uint64_t count_frame(int from, int to) { return frames_[index(to, from)]++; }

  void note_progress() { last_progress_ = Clock::now().time_since_epoch().count(); }
  Inbox::Patience patience() {
    return [this](Clock::time_point since) {
      const Clock::time_point progress{Clock::duration(last_progress_.load())};
      return std::max(since, progress) + network_.stall_timeout;
    };
  }

  void disconnect(int a, int b) {
    lose(a, b);
    lose(b, a);
  }
  void lose(int party, int peer) {
    inbox(party, peer).fail(Error(ErrorCode::kPeerLost, label(peer) + " was lost: connection closed").blaming(peer));
  }

 private:
  std::size_t index(int to, int from) const { return static_cast<std::size_t>(to * parties_ + from); }

  const int parties_;
  const MemoryNetwork network_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  std::vector<std::atomic<std::uint64_t>> frames_;
  std::atomic<Clock::rep> last_progress_;
};

class MemoryChannel final : public TaskChannel {
 public:
  MemoryChannel(int self, std::shared_ptr<Switchboard> board)
      : self_(self), board_(std::move(board)), random_(board_->network().seed + static_cast<std::uint64_t>(self)) {}

  ~MemoryChannel() override {
    if (finished_) return;
    for_each_peer([this](int peer) { board_->disconnect(self_, peer); });
  }

  int self() const override { return self_; }

  void cancel(const Error& reason) override {
    for_each_peer([&](int peer) {
      board_->inbox(self_, peer).fail(reason);
      board_->inbox(peer, self_).stop_producer();
    });
  }

  void finish(const Status& outcome, const task::HashChain::Head& /*ledger*/) override {
    finished_ = true;
    for_each_peer([&](int peer) {
      board_->inbox(self_, peer).discard();
      if (outcome.ok()) {
        board_->inbox(peer, self_).end(
            Error(ErrorCode::kPeerLost, label(self_) + " has ended before it sent what was due").blaming(self_));
      } else {
        const int blames = outcome.error().blames();
        board_->inbox(peer, self_)
            .fail(Error(ErrorCode::kPeerLost, label(self_) + " failed: " + outcome.error().message())
                      .blaming(blames < 0 ? self_ : blames));
      }
    });
  }

  std::vector<Wait> waits() const override {
    std::vector<Wait> waits;
    for_each_peer([&](int peer) {
      if (const auto waiting = board_->inbox(self_, peer).waiting()) {
        const std::chrono::duration<double> seconds = Clock::now() - waiting->since;
        waits.push_back({peer, waiting->message_type, seconds.count()});
      }
    });
    return waits;
  }

  std::vector<Traffic> sent() const override { return traffic_.totals(); }

  std::vector<WaitTotals> waited() const override {
    std::vector<WaitTotals> totals;
    for_each_peer([&](int peer) {
      const auto [messages, seconds] = board_->inbox(self_, peer).received();
      totals.push_back({peer, messages, seconds});
    });
    return totals;
  }

 protected:
  Status send_frame(int peer, v1::Frame frame) override {
    PAI_CHECK(peer >= 0 && peer < board_->parties() && peer != self_, "no such peer");
    if (auto failure = board_->inbox(self_, peer).failure()) return *failure;
    const auto& network = board_->network();
    if (network.cut && network.cut->from == self_ && network.cut->to == peer &&
        board_->count_frame(self_, peer) >= network.cut->after_frames) {
      board_->disconnect(self_, peer);
      return *board_->inbox(self_, peer).failure();
    }
    hold();
    if (network.tap) network.tap(self_, peer, frame);
    const auto bytes = frame.ByteSizeLong();
    traffic_.add(peer, frame.body_case(), bytes);
    switch (board_->inbox(peer, self_).push(std::move(frame), bytes, board_->patience())) {
      case Inbox::Push::kDone:
        board_->note_progress();
        return {};
      case Inbox::Push::kOutOfTime:
        return Error(ErrorCode::kTimeout, label(peer) + " made no progress while a message to it waited").blaming(peer);
      case Inbox::Push::kUnwanted:
        break;
    }
    if (auto failure = board_->inbox(self_, peer).failure()) return *failure;
    return Error(ErrorCode::kPeerLost, label(peer) + " has ended").blaming(peer);
  }

  Result<v1::Frame> receive_frame(int peer, const google::protobuf::Descriptor& expected) override {
    PAI_CHECK(peer >= 0 && peer < board_->parties() && peer != self_, "no such peer");
    auto frame = board_->inbox(self_, peer).pop(expected.name(), board_->patience());
    if (!frame) {
      return Error(ErrorCode::kTimeout, label(peer) + " made no progress while " + expected.name() + " was due from it")
          .blaming(peer);
    }
    board_->note_progress();
    return *std::move(frame);
  }

 private:
  template <class Action>
  void for_each_peer(Action action) const {
    for (int peer = 0; peer < board_->parties(); ++peer) {
      if (peer != self_) action(peer);
    }
  }

  void hold() {
    const auto most = board_->network().delay_max;
    if (most.count() <= 0) return;
    std::chrono::microseconds delay;
    {
      const std::lock_guard lock(random_mutex_);
      delay = std::chrono::microseconds(
          std::uniform_int_distribution<std::chrono::microseconds::rep>(0, most.count())(random_));
    }
    std::this_thread::sleep_for(delay);
  }

  const int self_;
  const std::shared_ptr<Switchboard> board_;
  TrafficCounter traffic_;
  std::mutex random_mutex_;
  std::mt19937_64 random_;
  bool finished_ = false;
};

}  // namespace

std::vector<std::unique_ptr<TaskChannel>> make_memory_channels(int parties, const MemoryNetwork& network) {
  const auto board = std::make_shared<Switchboard>(parties, network);
  std::vector<std::unique_ptr<TaskChannel>> channels;
  for (int i = 0; i < parties; ++i) channels.push_back(std::make_unique<MemoryChannel>(i, board));
  return channels;
}

}  // namespace pai::client
