#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "client/channel/channel.h"
#include "client/mpc/group.h"
#include "client/mpc/source.h"
#include "client/nn/feature_matrix.h"
#include "client/runtime/context.h"

namespace pai::client::nn {

/// Publishes every feature client's E = X − U to the other data clients and collects theirs (P1's set-up), as one operation of the dealer's
/// randomness. A run draws U for each matrix once; `features.own()` holds X. Chunks go in step, so that nobody waits for room.
/// kProtocol, blaming the peer, for rows that do not fit.
Status exchange_masked_features(Channel& channel, const mpc::Group& group, mpc::Source& source, FeatureMatrix& features,
                                Reporter& reporter);

/// Sends rows of E, from `first_row` on, to each other data client.
Status send_masked_rows(Channel& channel, const mpc::Group& group, std::uint64_t operation, std::size_t first_row, std::span<const ring::Word> words);
/// Takes as many words of a peer's E. kProtocol, blaming the peer, for others than were due.
Status receive_masked_rows(Channel& channel, int peer, std::uint64_t operation, std::size_t first_row, std::span<ring::Word> words);

/// The dealer's counterpart: fills U.
Status draw_feature_masks(mpc::Source& source, FeatureMatrix& features, Reporter& reporter);

}  // namespace pai::client::nn
