#include "client/align/key_exchange.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

Result<crypto::GroupOffer> decode(const v1::KeyOffer& message, int peer) {
  crypto::GroupOffer offer;
  if (message.public_key().size() != offer.public_key.size() ||
      message.commitment().size() != offer.commitment.size()) {
    return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent a key offer of wrong size")
        .blaming(peer);
  }
  std::copy(message.public_key().begin(), message.public_key().end(), offer.public_key.begin());
  std::copy(message.commitment().begin(), message.commitment().end(), offer.commitment.begin());
  return offer;
}

}  // namespace

Result<crypto::GroupKey> agree_on_group_key(const task::TaskFile& task, Channel& channel,
                                            const std::vector<int>& parties) {
  const auto digest = from_hex(task.spec.digest());
  if (!digest || digest->size() != 32) return Error(ErrorCode::kInternal, "the task digest is no SHA-256");
  std::vector<int> peers = parties;
  std::erase(peers, channel.self());

  crypto::OfferStep offering({*digest, task.run_id, parties}, channel.self());
  for (const int peer : peers) {
    v1::KeyOffer message;
    message.set_public_key(std::string(crypto::as_text(offering.own_offer().public_key)));
    message.set_commitment(std::string(crypto::as_text(offering.own_offer().commitment)));
    PAI_TRY(channel.send(peer, std::move(message)));
  }
  std::map<int, crypto::GroupOffer> offers;
  for (const int peer : peers) {
    PAI_ASSIGN(const auto message, channel.receive<v1::KeyOffer>(peer));
    PAI_ASSIGN(offers[peer], decode(message, peer));
  }

  // Nobody shows a contribution before all commitments are in.
  PAI_ASSIGN(auto revealing, std::move(offering).take(offers));
  for (const int peer : peers) {
    v1::KeyReveal message;
    message.set_sealed(revealing.sealed_for(peer));
    PAI_TRY(channel.send(peer, std::move(message)));
  }
  std::map<int, std::string> sealed;
  for (const int peer : peers) {
    PAI_ASSIGN(auto message, channel.receive<v1::KeyReveal>(peer));
    sealed[peer] = std::move(*message.mutable_sealed());
  }

  PAI_ASSIGN(auto confirming, std::move(revealing).take(sealed));
  for (const int peer : peers) {
    v1::KeyConfirmation message;
    message.set_mac(std::string(crypto::as_text(confirming.own_mac())));
    PAI_TRY(channel.send(peer, std::move(message)));
  }
  std::map<int, std::string> macs;
  for (const int peer : peers) {
    PAI_ASSIGN(auto message, channel.receive<v1::KeyConfirmation>(peer));
    macs[peer] = std::move(*message.mutable_mac());
  }
  return std::move(confirming).take(macs);
}

}  // namespace pai::client::align
