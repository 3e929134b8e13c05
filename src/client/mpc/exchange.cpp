#include "client/mpc/exchange.h"

#include <utility>

namespace pai::client::mpc {

namespace {

std::span<const std::uint8_t> as_octets(const std::string& bytes, std::size_t begin, std::size_t size) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()) + begin, size};
}

}  // namespace

Status Exchange::run() {
  std::string own;
  pack(own);
  for (int party = 0; party < group_.size(); ++party) {
    if (party == group_.self) continue;
    v1::Opening message;
    message.set_operation(operation_);
    message.set_round(round_);
    message.set_words(own);
    PAI_TRY(channel_.send(group_.clients[static_cast<std::size_t>(party)], std::move(message)));
  }
  for (int party = 0; party < group_.size(); ++party) {
    if (party == group_.self) continue;
    const int peer = group_.clients[static_cast<std::size_t>(party)];
    PAI_ASSIGN(const auto message, channel_.receive<v1::Opening>(peer));
    PAI_TRY(check(message, own.size(), peer));
    add(message.words());
  }
  for (const auto& segment : segments_) {
    if (segment.bits == 64) continue;
    const Word mask = (Word{1} << segment.bits) - 1;
    for (auto& word : segment.words) word &= mask;
  }
  segments_.clear();
  ++round_;
  ++rounds_;
  return {};
}

void Exchange::pack(std::string& bytes) const {
  std::size_t size = 0;
  for (const auto& segment : segments_) size += ring::packed_bytes(segment.words.size(), segment.bits);
  bytes.resize(size);
  std::size_t at = 0;
  for (const auto& segment : segments_) {
    const auto packed = ring::packed_bytes(segment.words.size(), segment.bits);
    ring::pack(segment.words, segment.bits, {reinterpret_cast<std::uint8_t*>(bytes.data()) + at, packed});
    at += packed;
  }
}

void Exchange::add(const std::string& bytes) {
  std::size_t at = 0;
  for (const auto& segment : segments_) {
    const auto packed = ring::packed_bytes(segment.words.size(), segment.bits);
    scratch_.resize(segment.words.size());
    ring::unpack(as_octets(bytes, at, packed), segment.bits, scratch_);
    ring::add(segment.words, scratch_);
    at += packed;
  }
}

Status Exchange::check(const v1::Opening& message, std::size_t bytes, int peer) const {
  const auto place = [](std::uint64_t operation, std::uint32_t round) {
    return "operation " + std::to_string(operation) + ", round " + std::to_string(round);
  };
  if (message.operation() != operation_ || message.round() != round_) {
    return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " is at " +
                                           place(message.operation(), message.round()) + ", this client at " +
                                           place(operation_, round_))
        .blaming(peer);
  }
  if (message.words().size() != bytes) {
    return Error(ErrorCode::kProtocol, place(operation_, round_) + ": client " + std::to_string(peer) + " sent " +
                                           std::to_string(message.words().size()) + " bytes, this client " +
                                           std::to_string(bytes))
        .blaming(peer);
  }
  return {};
}

}  // namespace pai::client::mpc
