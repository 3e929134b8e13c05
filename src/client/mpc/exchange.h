#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/channel/channel.h"
#include "client/mpc/group.h"
#include "client/ring/words.h"

namespace pai::client::mpc {

using ring::Word;

/// Opens masked values among the data clients, all that a round has in one message per peer (more where they are many). Values must be masked: what goes in here,
/// every data client sees. The group and the channel outlive it.
class Exchange {
 public:
  Exchange(Channel& channel, const Group& group) : channel_(channel), group_(group) {}

  /// The next rounds belong to this operation.
  void begin(std::uint64_t operation) {
    operation_ = operation;
    round_ = 0;
  }
  /// Adds own shares to the round: `words` must live until `run`, which puts the opened values in their place. Of each word only the
  /// low `bits` leave this party, and the opened value is taken modulo 2^bits.
  void open(std::span<Word> words, int bits = 64) { segments_.push_back({words, bits, false, kAll}); }
  /// The same for the parties alone whose bits `receivers` has (bit p for party p): the others' words are zeros after `run`.
  void open_to(std::uint64_t receivers, std::span<Word> words, int bits) { segments_.push_back({words, bits, false, receivers}); }
  /// The same for words whose bits are shared by exclusive or.
  void open_bits(std::span<Word> words) { segments_.push_back({words, 64, true, kAll}); }
  /// Sends, receives and adds. kProtocol, blaming the peer, when it is at another operation or round (both are named) or its message
  /// has another size.
  Status run();

  std::uint64_t rounds() const { return rounds_; }

 private:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  struct Segment {
    std::span<Word> words;
    int bits;
    bool by_xor;
    std::uint64_t receivers;
  };
  using Segments = std::vector<Segment>;
  static std::vector<Segments> parts_of(const Segments& segments);
  static bool goes_to(const Segment& segment, int party) { return party >= 64 || (segment.receivers >> party & 1) != 0; }
  static std::size_t packed_bytes(const Segments& segments, int receiver);
  static std::string pack(const Segments& segments, int receiver);
  Status send(const Segments& segments);
  Status run_part(const Segments& segments);
  void add(const Segments& segments, const std::string& bytes);
  Status check(const v1::Opening& message, std::size_t bytes, int peer) const;

  Channel& channel_;
  const Group& group_;
  std::uint64_t operation_ = 0;
  std::uint32_t round_ = 0;
  std::uint64_t rounds_ = 0;
  Segments segments_;
  std::vector<Word> scratch_;
};

}  // namespace pai::client::mpc
