#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/crypto/primitives.h"

namespace pai::client::crypto {

/// What a run of the group key agreement is bound to; the same at every party.
struct GroupTerms {
  std::vector<std::uint8_t> task_digest;  ///< 32 bytes
  std::string run_id;
  std::vector<int> parties;  ///< ids of all that take part, ascending, two or more
};

/// First message of a party: an ephemeral key and a commitment to its contribution.
struct GroupOffer {
  Key32 public_key{};
  Hash32 commitment{};
};

/// Names one alignment, once: what is kept of the group key until the common rows are known.
class AlignmentIdKey {
 public:
  explicit AlignmentIdKey(SecretKey key) : key_(std::move(key)) {}
  /// The same at every party that has the same common rows (`common_rows` is a digest over them), and random to
  /// whoever has not the key, which is gone after this.
  Hash32 alignment_id(const Hash32& common_rows) &&;

 private:
  SecretKey key_;
};

/// The key that all data clients share and main has not. Everything else is derived from it by purpose, and it
/// is let go as soon as that was done.
class GroupKey {
 public:
  GroupKey(SecretKey key, Hash32 transcript) : key_(std::move(key)), transcript_(transcript) {}
  /// A subkey for one purpose; different purposes tell nothing of each other or of the key.
  void derive(std::string_view purpose, std::span<std::uint8_t> out) const;
  AlignmentIdKey id_key() const;

 private:
  SecretKey key_;
  Hash32 transcript_;
};

/// The agreement of protocols.md section 3 as three steps, each of which consumes the one before, so that no
/// message can be taken out of turn:
///
///   OfferStep -> (offers of all others) -> RevealStep -> (sealed contributions) -> ConfirmStep -> (MACs) ->
///   GroupKey
///
/// With one honest contribution the key is uniform: contributions are committed to before any is shown.
/// Errors are kProtocol and blame the peer whose message was wrong; nothing of the step is usable after one.
class ConfirmStep {
 public:
  /// HMAC-SHA256(K, i || transcript) for this party.
  Hash32 own_mac() const { return mac_of(self_); }
  /// `macs` has the bytes that each other party sent; one that is missing is an error.
  Result<GroupKey> take(const std::map<int, std::string>& macs) &&;

 private:
  friend class RevealStep;
  ConfirmStep(std::vector<int> parties, int self, SecretKey key, Hash32 transcript)
      : parties_(std::move(parties)), self_(self), key_(std::move(key)), transcript_(transcript) {}
  Hash32 mac_of(int party) const;

  std::vector<int> parties_;
  int self_;
  SecretKey key_;
  Hash32 transcript_;
};

/// A contribution to the key and the nonce that hides it in its commitment.
struct Contribution {
  Key32 value;
  Key32 nonce;
};

class RevealStep {
 public:
  /// This party's contribution, encrypted for the peer alone.
  std::string sealed_for(int peer) const;
  /// `sealed` has what each other party sent.
  Result<ConfirmStep> take(const std::map<int, std::string>& sealed) &&;

 private:
  friend class OfferStep;
  RevealStep() = default;
  std::string pair_info(int sender, int receiver) const;

  GroupTerms terms_;
  int self_ = 0;
  Hash32 transcript_{};
  Secret<Contribution> own_;
  std::map<int, SecretKey> shared_;  ///< with each peer
  std::map<int, Hash32> commitments_;
};

class OfferStep {
 public:
  /// Draws a fresh key pair and contribution. `self` is one of the parties.
  OfferStep(GroupTerms terms, int self);
  const GroupOffer& own_offer() const { return offer_; }
  /// `offers` has one of each other party.
  Result<RevealStep> take(const std::map<int, GroupOffer>& offers) &&;

 private:
  GroupTerms terms_;
  int self_;
  X25519KeyPair pair_;
  Secret<Contribution> own_;
  GroupOffer offer_;
};

/// SHA-256(c || nonce || party || task digest || run id).
Hash32 commitment_to(const Contribution& contribution, int party, const GroupTerms& terms);

}  // namespace pai::client::crypto
