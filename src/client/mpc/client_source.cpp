#include "client/mpc/client_source.h"

#include <algorithm>
#include <cstring>

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
  fetched_ = false;
  correction_.clear();
  taken_ = 0;
  wanted_ = 0;
}

bool ClientSource::has_turn() const { return operation() % group_.clients.size() == static_cast<std::size_t>(group_.self); }

void ClientSource::uniform(std::span<Word> words) { stream_.expand({operation(), next_tensor()}, words); }

void ClientSource::own(int party, std::span<Word> words) {
  const auto tensor = next_tensor();
  if (party == group_.self) stream_.expand({operation(), tensor}, words);
}

void ClientSource::settle(std::span<Word> words) {
  const auto tensor = next_tensor();
  if (has_turn()) {
    take(words);
  } else {
    stream_.expand({operation(), tensor}, words);
  }
}

void ClientSource::deliver(int party, std::size_t size, std::span<Word> words) {
  (void)next_tensor();
  if (party != group_.self) return;
  PAI_CHECK(words.size() == size, "a given tensor of another size");
  take(words);
}

void ClientSource::take(std::span<Word> words) {
  wanted_ += words.size_bytes();
  if (auto status = fetch(); !status.ok() && !failure_) failure_ = std::move(status).error();
  if (failure_ || correction_.size() - taken_ < words.size_bytes()) {
    std::fill(words.begin(), words.end(), 0);  // `finish` says why; nothing of the operation is used
    taken_ = correction_.size();
    return;
  }
  std::memcpy(words.data(), correction_.data() + taken_, words.size_bytes());
  taken_ += words.size_bytes();
}

/// Gets the operation's correction, once.
Status ClientSource::fetch() {
  if (fetched_ || failure_) return {};
  fetched_ = true;
  PAI_ASSIGN(auto message, channel_.receive<v1::Correction>(dealer_));
  if (message.last()) {
    return Error(ErrorCode::kProtocol, "the dealer ended before operation " + std::to_string(operation())).blaming(dealer_);
  }
  if (message.operation() != operation()) {
    return Error(ErrorCode::kProtocol, "the dealer is at operation " + std::to_string(message.operation()) +
                                           ", this client at operation " + std::to_string(operation()))
        .blaming(dealer_);
  }
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
  if (wanted_ == correction_.size()) return {};
  failure_ = Error(ErrorCode::kProtocol, "operation " + std::to_string(operation()) + ": the dealer sent " +
                                             std::to_string(correction_.size() / sizeof(Word)) +
                                             " words of correction, this client takes " +
                                             std::to_string(wanted_ / sizeof(Word)))
                 .blaming(dealer_);
  return *failure_;
}

}  // namespace pai::client::mpc
