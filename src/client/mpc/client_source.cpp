#include "client/mpc/client_source.h"

#include <algorithm>
#include <cstring>

#include "client/mpc/wire_words.h"
#include "client/ring/words.h"

namespace pai::client::mpc {

Result<ClientSource> ClientSource::receive(Channel& channel, const Group& group, int dealer, const std::string& run_id) {
  PAI_ASSIGN(auto message, channel.receive<v1::DealerSeed>(dealer));
  ring::SecretSeed seed;
  const bool fits = message.seed().size() == seed->size();
  if (fits) std::memcpy(seed->data(), message.seed().data(), seed->size());
  auto* const bytes = message.mutable_seed();
  crypto::wipe({reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size()});
  if (!fits) return Error(ErrorCode::kProtocol, "the dealer sent a seed of the wrong size").blaming(dealer);
  const auto digest = crypto::Sha256().update("pai/v1/dealer seed").update(crypto::Bytes(*seed)).finish();
  return ClientSource(channel, group, dealer, ring::SeedStream(seed, run_id), digest);
}

void ClientSource::started() {
  correction_.clear();
  taken_ = 0;
  began_ = false;
  more_ = true;
  received_ = 0;
  wanted_ = 0;
}

bool ClientSource::has_turn() const { return operation() % group_.clients.size() == static_cast<std::size_t>(group_.self); }

void ClientSource::uniform(std::span<Word> words) { stream_.expand({operation(), next_tensor()}, words); }

void ClientSource::own(int party, std::span<Word> words) {
  const auto tensor = next_tensor();
  if (party == group_.self) stream_.expand({operation(), tensor}, words);
}

void ClientSource::settle(std::span<Word> words, int bits) {
  const auto tensor = next_tensor();
  if (has_turn()) {
    take(words, bits);
  } else {
    stream_.expand({operation(), tensor}, words);
  }
}

void ClientSource::settle_halves(std::span<ring::Half> halves) {
  const auto tensor = next_tensor();
  if (!has_turn()) {
    scratch_.resize((halves.size() + 1) / 2);
    stream_.expand({operation(), tensor}, scratch_);
    std::memcpy(halves.data(), scratch_.data(), halves.size_bytes());
    return;
  }
  wanted_ += halves.size_bytes();
  const auto bytes = next_bytes(halves.size_bytes());
  if (bytes.size() == halves.size_bytes()) {
    std::memcpy(halves.data(), bytes.data(), bytes.size());
  } else {
    std::fill(halves.begin(), halves.end(), 0);  // `finish` says why; nothing of the operation is used
  }
}

void ClientSource::deliver(int party, std::size_t size, std::span<Word> words) {
  (void)next_tensor();
  if (party != group_.self) return;
  PAI_CHECK(words.size() == size, "a given tensor of another size");
  take(words, 64);
}

void ClientSource::take(std::span<Word> words, int bits) {
  const auto size = ring::packed_bytes(words.size(), bits);
  wanted_ += size;
  const auto bytes = next_bytes(size);
  if (bytes.size() == size) {
    ring::unpack(bytes, bits, words);
  } else {
    std::fill(words.begin(), words.end(), 0);  // `finish` says why; nothing of the operation is used
  }
}

/// The next bytes of the operation's correction, valid until the next call; fewer when they do not come.
std::span<const std::uint8_t> ClientSource::next_bytes(std::size_t size) {
  joined_.clear();
  while (joined_.size() < size && !failure_) {
    if (taken_ == correction_.size()) {
      if (!more_) break;
      if (auto status = fetch(); !status.ok()) failure_ = std::move(status).error();
      continue;
    }
    const auto* const from = reinterpret_cast<const std::uint8_t*>(correction_.data()) + taken_;
    const auto count = std::min(size - joined_.size(), correction_.size() - taken_);
    taken_ += count;
    if (count == size) return {from, size};
    joined_.insert(joined_.end(), from, from + count);
  }
  return joined_;
}

/// Gets the next part of the operation's correction.
Status ClientSource::fetch() {
  PAI_ASSIGN(auto message, channel_.receive<v1::Correction>(dealer_));
  if (message.last()) {
    return Error(ErrorCode::kProtocol, "the dealer ended before operation " + std::to_string(operation())).blaming(dealer_);
  }
  if (message.operation() != operation()) {
    return Error(ErrorCode::kProtocol, "the dealer is at operation " + std::to_string(message.operation()) +
                                           ", this client at operation " + std::to_string(operation()))
        .blaming(dealer_);
  }
  began_ = true;
  more_ = message.words().size() == kMessageBytesMax;
  received_ += message.words().size();
  taken_ = 0;
  correction_ = std::move(*message.mutable_words());
  return {};
}

Status ClientSource::drain() {
  for (;;) {
    PAI_ASSIGN(const auto message, channel_.receive<v1::Correction>(dealer_));
    if (message.last()) return {};
  }
}

Status ClientSource::finish() {
  if (failure_) return *failure_;
  if (began_ && more_ && received_ == wanted_) {
    if (auto status = fetch(); !status.ok()) failure_ = std::move(status).error();
    if (failure_) return *failure_;
  }
  if (wanted_ == received_ && !(began_ && more_)) return {};
  failure_ = Error(ErrorCode::kProtocol, "operation " + std::to_string(operation()) + ": the dealer sent " +
                                             std::to_string(received_) + " bytes of correction" +
                                             (more_ ? " or more" : "") + ", this client takes " + std::to_string(wanted_))
                 .blaming(dealer_);
  return *failure_;
}

}  // namespace pai::client::mpc
