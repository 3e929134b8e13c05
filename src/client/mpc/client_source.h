#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/channel/channel.h"
#include "client/crypto/primitives.h"
#include "client/mpc/group.h"
#include "client/mpc/source.h"
#include "client/ring/seed_stream.h"

namespace pai::client::mpc {

/// A data client's side of the dealer's randomness: expands its seed, and takes the corrections of the operations whose turn it is.
/// The group and the channel outlive it.
class ClientSource final : public Source {
 public:
  /// Receives this run's seed from the dealer. kProtocol, blaming the dealer, for one of the wrong size.
  static Result<ClientSource> receive(Channel& channel, const Group& group, int dealer, const std::string& run_id);

  Status finish() override;
  /// Receives what the dealer sent ahead until it says that it is done.
  Status drain();
  /// Tells one run's seed from another's, and nothing of the seed itself.
  const crypto::Hash32& seed_digest() const { return seed_digest_; }
  void uniform(std::span<Word> words) override;
  void own(int party, std::span<Word> words) override;
  void uniform_bits(std::span<Word> words) override { uniform(words); }

 private:
  ClientSource(Channel& channel, const Group& group, int dealer, ring::SeedStream stream,
               const crypto::Hash32& seed_digest)
      : Source(false),
        channel_(channel),
        group_(group),
        dealer_(dealer),
        stream_(std::move(stream)),
        seed_digest_(seed_digest) {}
  void started() override;
  void settle(std::span<Word> words, int bits) override;
  void settle_bits(std::span<Word> words) override { settle(words, 64); }
  void settle_halves(std::span<ring::Half> halves) override;
  void deliver(int party, std::size_t size, std::span<Word> words) override;
  bool has_turn() const;
  void take(std::span<Word> words, int bits);
  std::span<const std::uint8_t> next_bytes(std::size_t size);
  Status fetch();

  Channel& channel_;
  const Group& group_;
  int dealer_;
  ring::SeedStream stream_;
  crypto::Hash32 seed_digest_;
  std::optional<Error> failure_;
  // Of the operation at hand:
  std::string correction_;       // the part that came last
  std::size_t taken_ = 0;        // bytes of it
  std::vector<Word> scratch_;
  std::vector<std::uint8_t> joined_;  // a tensor that lies in several parts
  bool began_ = false;           // a part came
  bool more_ = true;             // another is due: the first, or one after a full one
  std::size_t received_ = 0;     // bytes of all parts
  std::size_t wanted_ = 0;       // bytes that our shapes ask for
};

}  // namespace pai::client::mpc
