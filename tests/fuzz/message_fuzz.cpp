// What another client may say after the handshake: an opening, the dealer's seed and corrections, a hop of a shuffle, a plan, offers. Whatever
// comes, the step ends; it succeeds only with what fits in every respect, a failure names whom it came from, and no more is allocated than
// the task's own shapes ask for.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/channel/channel.h"
#include "client/mpc/client_source.h"
#include "client/mpc/exchange.h"
#include "client/mpc/shuffle.h"
#include "client/nn/offers.h"
#include "client/nn/plan.h"
#include "common/base/check.h"

namespace {

using namespace pai;
using namespace pai::client;

constexpr int kMain = 0, kSelf = 1, kDealer = 4;

/// Each receive takes the next frame of the input, whoever is asked; none means that the peer is lost.
class FuzzedChannel final : public Channel {
 public:
  explicit FuzzedChannel(std::string_view input) : input_(input) {}
  int self() const override { return kSelf; }
  void cancel(const Error&) override {}
  std::vector<Wait> waits() const override { return {}; }
  std::vector<Traffic> sent() const override { return {}; }

 protected:
  Status send_frame(int, v1::Frame) override { return {}; }
  Result<v1::Frame> receive_frame(int peer, const google::protobuf::Descriptor&) override {
    if (input_.size() < 2) return Error(ErrorCode::kPeerLost, "client " + std::to_string(peer) + " is lost").blaming(peer);
    const auto length = std::min<std::size_t>(static_cast<unsigned char>(input_[0]) << 8 | static_cast<unsigned char>(input_[1]), input_.size() - 2);
    v1::Frame frame;
    const bool parsed = frame.ParseFromArray(input_.data() + 2, static_cast<int>(length));
    input_.remove_prefix(2 + length);
    if (!parsed) return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent garbage").blaming(peer);
    return frame;
  }

 private:
  std::string_view input_;
};

nn::Cast cast() { return {.group = {{1, 2, 3}, 0}, .main = kMain, .dealer = kDealer, .label = 3}; }

void expect_blame(const Status& status) {
  if (status.ok()) return;
  PAI_CHECK(status.error().blames() >= 0, "a failure names whom it came from");
  PAI_CHECK(status.error().message().size() < 2'000, "a message that says everything it was told");
}

void open(FuzzedChannel& channel) {
  const auto parties = cast().group;
  mpc::Exchange exchange(channel, parties);
  std::vector<ring::Word> words(5, 1), angles(3, 2), bits(2, 3);
  exchange.begin(7);
  for (int round = 0; round < 3; ++round) {
    exchange.open(words);
    exchange.open(angles, 42);
    exchange.open_bits(bits);
    const auto status = exchange.run();
    expect_blame(status);
    if (!status.ok()) return;
  }
}

void draw(FuzzedChannel& channel) {
  const auto parties = cast().group;
  auto source = mpc::ClientSource::receive(channel, parties, kDealer, "run-1");
  if (!source.ok()) return expect_blame(source.error());
  for (int operation = 0; operation < 3; ++operation) {
    std::vector<ring::Word> random(9), product(9), packed(9), given(4);
    source->begin();
    source->uniform(random);
    source->derived(product, [](auto) {});
    source->derived(packed, 24, [](auto) {});
    source->given(0, given.size(), given, [](auto) {});
    const auto status = source->finish();
    expect_blame(status);
    if (!status.ok()) return;
  }
  expect_blame(source->drain());
}

void shuffle(FuzzedChannel& channel) {
  const auto parties = cast().group;
  auto source = mpc::ClientSource::receive(channel, parties, kDealer, "run-1");
  if (!source.ok()) return expect_blame(source.error());
  mpc::Shuffle shuffle;
  source->begin();
  shuffle.draw(*source, parties, 3, 2);
  if (const auto drawn = source->finish(); !drawn.ok()) return expect_blame(drawn);
  std::vector<ring::Word> table(6, 1);
  expect_blame(shuffle.run(channel, parties, source->operation(), table));
}

v1::TrainingOffer offer() {
  v1::TrainingOffer own;
  own.set_alignment_id(std::string(32, 'a'));
  own.set_train_rows(80);
  own.set_test_rows(20);
  own.set_columns(3);
  return own;
}

void take_plan(FuzzedChannel& channel) {
  const auto plan = nn::meet(channel, cast(), offer());
  if (!plan.ok()) return expect_blame(plan.error());
  PAI_CHECK(plan->train_rows == 80 && plan->test_rows == 20 && plan->columns.size() == 3 && plan->columns[0] == 3, "another party's plan");
  PAI_CHECK(plan->features() <= 65'536, "more columns than a task may have");
}

void take_offers(FuzzedChannel& channel) {
  const auto offers = nn::collect_offers(channel, cast(), false);
  if (!offers.ok()) return;  // about several clients: it names them in its details
  const auto plan = nn::plan_from(nn::plan_message(*offers, cast(), true, false), 3);
  PAI_CHECK(!plan.ok() || plan->train_rows >= 1, "nothing to train on");
}

}  // namespace

/// One byte that says which step, then frames, each behind two bytes with its length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  FuzzedChannel channel({reinterpret_cast<const char*>(data) + 1, size - 1});
  switch (data[0] % 5) {
    case 0: open(channel); break;
    case 1: draw(channel); break;
    case 2: shuffle(channel); break;
    case 3: take_plan(channel); break;
    case 4: take_offers(channel); break;
  }
  return 0;
}
