#pragma once

#include <string>
#include <vector>

#include "client/channel/channel.h"
#include "client/mpc/group.h"
#include "client/mpc/source.h"
#include "client/ring/seed_stream.h"

namespace pai::client::mpc {

/// The dealer's side: knows every client's seed, hence every value, and sends each operation's corrections: those of derived tensors to
/// party number (operation mod N), given tensors to their party. `send` blocks while a client is slow, which is what bounds how far the
/// dealer runs ahead.
class DealerSource final : public Source {
 public:
  /// Draws a fresh seed per client from the operating system and sends it. `fixed` is for tests alone: seeds made of it and the
  /// party number, so that two runs have equal randomness.
  static Result<DealerSource> open(Channel& channel, const Group& group, const std::string& run_id,
                                   const ring::Seed* fixed = nullptr);

  Status finish() override;
  /// Tells every client that no correction follows.
  Status end();
  void uniform(std::span<Word> words) override;
  void own(int party, std::span<Word> words) override;
  void uniform_bits(std::span<Word> words) override;

 private:
  DealerSource(Channel& channel, const Group& group) : Source(true), channel_(channel), group_(group) {
    corrections_.resize(group.clients.size());
  }
  void started() override {}
  void settle(std::span<Word> words, int bits) override;
  void settle_bits(std::span<Word> words) override;
  void settle_halves(std::span<ring::Half> halves) override;
  void deliver(int party, std::size_t size, std::span<Word> words) override;
  void append(std::size_t party, std::span<const Word> words, int bits);

  Channel& channel_;
  const Group& group_;
  std::vector<ring::SeedStream> streams_;               // by party
  std::vector<std::vector<std::uint8_t>> corrections_;  // of the operation at hand, by party
  std::vector<Word> scratch_;
};

}  // namespace pai::client::mpc
