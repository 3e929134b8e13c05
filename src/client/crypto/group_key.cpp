#include "client/crypto/group_key.h"

#include <algorithm>

#include "common/base/check.h"

namespace pai::client::crypto {
namespace {

constexpr std::string_view kTranscriptLabel = "PAI group key v1";

std::uint32_t number(int party) {
  return static_cast<std::uint32_t>(party);
}

/// Binds the key to the task, the run and everything that was offered.
Hash32 transcript_of(const GroupTerms& terms, const std::map<int, GroupOffer>& offers) {
  Sha256 hash;
  hash.update(kTranscriptLabel).update(Bytes(terms.task_digest));
  hash.update_u32(static_cast<std::uint32_t>(terms.run_id.size())).update(terms.run_id);
  hash.update_u32(static_cast<std::uint32_t>(offers.size()));
  for (const auto& [party, offer] : offers) {
    hash.update_u32(number(party)).update(Bytes(offer.public_key)).update(Bytes(offer.commitment));
  }
  return hash.finish();
}

Bytes bytes_of(const Contribution& contribution) {
  return {reinterpret_cast<const std::uint8_t*>(&contribution), sizeof contribution};
}

std::string big_endian(int party) {
  const std::uint32_t value = number(party);
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

Error peer_error(int peer, std::string_view what) {
  return Error(ErrorCode::kProtocol,
               "client " + std::to_string(peer) + " sent " + std::string(what) + " in the key agreement")
      .blaming(peer);
}

Error missing_error(int peer) {
  return peer_error(peer, "nothing");
}

}  // namespace

static_assert(sizeof(Contribution) == 64, "sealed as it stands in memory");

Hash32 commitment_to(const Contribution& contribution, int party, const GroupTerms& terms) {
  Sha256 hash;
  hash.update(Bytes(contribution.value)).update(Bytes(contribution.nonce)).update_u32(number(party));
  return hash.update(Bytes(terms.task_digest)).update(terms.run_id).finish();
}

OfferStep::OfferStep(GroupTerms terms, int self) : terms_(std::move(terms)), self_(self) {
  PAI_CHECK(terms_.parties.size() >= 2 && std::is_sorted(terms_.parties.begin(), terms_.parties.end()) &&
                std::count(terms_.parties.begin(), terms_.parties.end(), self) == 1,
            "a group has two or more parties, this one among them, in order");
  random_bytes(own_->value);
  random_bytes(own_->nonce);
  offer_.public_key = pair_.public_key();
  offer_.commitment = commitment_to(*own_, self_, terms_);
}

Result<RevealStep> OfferStep::take(const std::map<int, GroupOffer>& offers) && {
  const X25519KeyPair pair = std::move(pair_);  // wiped at the end of this call
  RevealStep next;
  std::map<int, GroupOffer> all = offers;
  all.insert_or_assign(self_, offer_);
  for (const int party : terms_.parties) {
    if (!all.contains(party)) return missing_error(party);
  }
  next.transcript_ = transcript_of(terms_, all);
  for (const auto& [peer, offer] : offers) {
    if (peer == self_) continue;
    // The own key sent back would make every pair key known to whoever reflects messages.
    if (offer.public_key == offer_.public_key || offer.commitment == offer_.commitment) {
      return peer_error(peer, "this party's own offer back");
    }
    SecretKey shared;
    if (auto agreed = pair.agree(offer.public_key, shared); !agreed.ok()) {
      return peer_error(peer, agreed.error().message());
    }
    next.shared_.emplace(peer, std::move(shared));
    next.commitments_.emplace(peer, offer.commitment);
  }
  next.terms_ = std::move(terms_);
  next.self_ = self_;
  next.own_ = std::move(own_);
  return next;
}

std::string RevealStep::pair_info(int sender, int receiver) const {
  return "pai pair key v1" + big_endian(sender) + big_endian(receiver);
}

std::string RevealStep::sealed_for(int peer) const {
  const std::string info = pair_info(self_, peer);
  SecretKey key;
  hkdf_sha256(*shared_.at(peer), transcript_, info, *key);
  return seal(*key, bytes_of(*own_), as_bytes(info));
}

Result<ConfirmStep> RevealStep::take(const std::map<int, std::string>& sealed) && {
  const auto shared = std::move(shared_);  // wiped at the end of this call
  // All contributions in the order of the ids, in locked memory of their own.
  std::map<int, Secret<Contribution>> contributions;
  for (const int party : terms_.parties) {
    if (party == self_) {
      contributions.emplace(party, std::move(own_));
      continue;
    }
    const auto found = sealed.find(party);
    if (found == sealed.end()) return missing_error(party);
    const std::string info = pair_info(party, self_);
    SecretKey key;
    hkdf_sha256(*shared.at(party), transcript_, info, *key);
    Secret<Contribution> opened;
    const std::span<std::uint8_t> place(reinterpret_cast<std::uint8_t*>(&*opened), sizeof(Contribution));
    if (auto status = open_sealed(*key, found->second, as_bytes(info), place); !status.ok()) {
      return peer_error(party, status.error().message());
    }
    if (!equal_constant_time(commitment_to(*opened, party, terms_), commitments_.at(party))) {
      return peer_error(party, "a contribution that it had not committed to");
    }
    contributions.emplace(party, std::move(opened));
  }
  std::vector<std::uint8_t> joined;
  joined.reserve(contributions.size() * sizeof(Key32));
  for (const auto& [party, contribution] : contributions) {
    joined.insert(joined.end(), contribution->value.begin(), contribution->value.end());
  }
  SecretKey key;
  hkdf_sha256(joined, transcript_, "pai group key v1", *key);
  wipe(joined);
  return ConfirmStep(std::move(terms_.parties), self_, std::move(key), transcript_);
}

Hash32 ConfirmStep::mac_of(int party) const {
  std::string message = big_endian(party);
  message.append(as_text(transcript_));
  return hmac_sha256(*key_, as_bytes(message));
}

Result<GroupKey> ConfirmStep::take(const std::map<int, std::string>& macs) && {
  for (const int peer : parties_) {
    if (peer == self_) continue;
    const auto found = macs.find(peer);
    if (found == macs.end()) return missing_error(peer);
    if (!equal_constant_time(as_bytes(found->second), mac_of(peer)))
      return peer_error(peer, "a confirmation of another key");
  }
  return GroupKey(std::move(key_), transcript_);
}

void GroupKey::derive(std::string_view purpose, std::span<std::uint8_t> out) const {
  hkdf_sha256(*key_, transcript_, "pai " + std::string(purpose), out);
}

AlignmentIdKey GroupKey::id_key() const {
  SecretKey key;
  derive("alignment id key v3", *key);
  return AlignmentIdKey(std::move(key));
}

Hash32 AlignmentIdKey::alignment_id(const Hash32& common_rows) && {
  const SecretKey key = std::move(key_);  // wiped at the end of this call
  return hmac_sha256(*key, common_rows);
}

}  // namespace pai::client::crypto
