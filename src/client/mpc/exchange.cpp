#include "client/mpc/exchange.h"

#include <algorithm>
#include <utility>

#include "client/mpc/wire_words.h"

namespace pai::client::mpc {

namespace {

std::span<const std::uint8_t> as_octets(const std::string& bytes, std::size_t begin, std::size_t size) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()) + begin, size};
}

}  // namespace

Status Exchange::run() {
  const auto segments = std::exchange(segments_, {});
  // Part after part, each received before the next is sent: two parties that both wait for room would wait for ever.
  for (const auto& part : parts_of(segments)) PAI_TRY(run_part(part));
  ++rounds_;
  return {};
}

/// What goes in one message each; at least one, for a round without words is a round.
std::vector<Exchange::Segments> Exchange::parts_of(const Segments& segments) {
  std::vector<Segments> parts(1);
  std::size_t room = kMessageWordsMax;
  for (auto [words, bits, by_xor, receivers] : segments) {
    while (!words.empty()) {
      if (room == 0) {
        parts.emplace_back();
        room = kMessageWordsMax;
      }
      const auto size = std::min(words.size(), room);
      parts.back().push_back({words.first(size), bits, by_xor, receivers});
      words = words.subspan(size);
      room -= size;
    }
  }
  return parts;
}

Status Exchange::run_part(const Segments& segments) {
  PAI_TRY(send(segments));
  const auto bytes = packed_bytes(segments, group_.self);
  for (int party = 0; party < group_.size(); ++party) {
    if (party == group_.self) continue;
    const int peer = group_.clients[static_cast<std::size_t>(party)];
    PAI_ASSIGN(const auto message, channel_.receive<v1::Opening>(peer));
    PAI_TRY(check(message, bytes, peer));
    add(segments, message.words());
  }
  for (const auto& segment : segments) {
    if (!goes_to(segment, group_.self)) {
      std::fill(segment.words.begin(), segment.words.end(), 0);
    } else if (segment.bits < 64) {
      const Word mask = (Word{1} << segment.bits) - 1;
      for (auto& word : segment.words) word &= mask;
    }
  }
  ++round_;
  return {};
}

Status Exchange::send(const Segments& segments) {
  const bool same = std::all_of(segments.begin(), segments.end(), [](const Segment& segment) { return segment.receivers == kAll; });
  std::string bytes;
  int left = group_.size() - 1;
  for (int party = 0; party < group_.size(); ++party) {
    if (party == group_.self) continue;
    if (bytes.empty() || !same) bytes = pack(segments, party);
    v1::Opening message;
    message.set_operation(operation_);
    message.set_round(round_);
    if (--left == 0 || !same) {
      message.set_words(std::move(bytes));
      bytes.clear();
    } else {
      message.set_words(bytes);
    }
    PAI_TRY(channel_.send(group_.clients[static_cast<std::size_t>(party)], std::move(message)));
  }
  return {};
}

std::size_t Exchange::packed_bytes(const Segments& segments, int receiver) {
  std::size_t size = 0;
  for (const auto& segment : segments) {
    if (goes_to(segment, receiver)) size += ring::packed_bytes(segment.words.size(), segment.bits);
  }
  return size;
}

std::string Exchange::pack(const Segments& segments, int receiver) {
  std::string bytes(packed_bytes(segments, receiver), '\0');
  std::size_t at = 0;
  for (const auto& segment : segments) {
    if (!goes_to(segment, receiver)) continue;
    const auto packed = ring::packed_bytes(segment.words.size(), segment.bits);
    ring::pack(segment.words, segment.bits, {reinterpret_cast<std::uint8_t*>(bytes.data()) + at, packed});
    at += packed;
  }
  return bytes;
}

void Exchange::add(const Segments& segments, const std::string& bytes) {
  std::size_t at = 0;
  for (const auto& segment : segments) {
    if (!goes_to(segment, group_.self)) continue;
    const auto packed = ring::packed_bytes(segment.words.size(), segment.bits);
    scratch_.resize(segment.words.size());
    ring::unpack(as_octets(bytes, at, packed), segment.bits, scratch_);
    if (segment.by_xor) {
      for (std::size_t i = 0; i < scratch_.size(); ++i) segment.words[i] ^= scratch_[i];
    } else {
      ring::add(segment.words, scratch_);
    }
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
