#include "client/nn/mask_features.h"

#include <algorithm>

#include "client/mpc/wire_words.h"

namespace pai::client::nn {

namespace {

/// Words of one chunk of rows: 512 KiB.
constexpr std::size_t kChunkWords = std::size_t{1} << 16;

std::size_t chunk_rows(const FeatureMatrix& features) {
  return std::max<std::size_t>(1, kChunkWords / std::max<std::size_t>(1, features.owners().total));
}

void copy_columns(std::span<const ring::Word> from, ring::Matrix to, std::size_t first_row, std::size_t rows,
                  std::size_t begin, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i) {
    std::copy_n(from.data() + i * columns, columns, to.row(first_row + i) + begin);
  }
}

}  // namespace

Status send_masked_rows(Channel& channel, const mpc::Group& group, std::uint64_t operation, std::size_t first_row,
                        std::span<const ring::Word> words) {
  for (const int peer : group.clients) {
    if (peer == channel.self()) continue;
    v1::MaskedRows message;
    message.set_operation(operation);
    message.set_first_row(first_row);
    mpc::set_words(*message.mutable_words(), words);
    PAI_TRY(channel.send(peer, std::move(message)));
  }
  return {};
}

Status receive_masked_rows(Channel& channel, int peer, std::uint64_t operation, std::size_t first_row, std::span<ring::Word> words) {
  PAI_ASSIGN(const auto message, channel.receive<v1::MaskedRows>(peer));
  if (message.operation() == operation && message.first_row() == first_row && mpc::get_words(message.words(), words)) return {};
  return Error(ErrorCode::kProtocol,
               "client " + std::to_string(peer) + " sent masked rows of operation " +
                   std::to_string(message.operation()) + " from row " + std::to_string(message.first_row()) + " with " +
                   std::to_string(message.words().size() / sizeof(ring::Word)) + " words; operation " +
                   std::to_string(operation) + " from row " + std::to_string(first_row) + " with " + std::to_string(words.size()) +
                   " was due")
      .blaming(peer);
}

Status exchange_masked_features(Channel& channel, const mpc::Group& group, mpc::Source& source, FeatureMatrix& features,
                                Reporter& reporter) {
  const auto& owners = features.owners();
  const auto own_columns = features.own_columns();
  source.begin();
  std::vector<ring::Word> words;
  for (std::size_t first = 0; first < features.rows();) {
    const auto rows = std::min(chunk_rows(features), features.rows() - first);
    for (int party = 0; party < group.size(); ++party) {
      if (owners.columns[static_cast<std::size_t>(party)] == 0) continue;
      words.resize(party == group.self ? rows * own_columns : 0);
      source.own(party, words);  // U
      if (party != group.self) continue;
      const auto* x = features.own().row(first);
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = x[i] - words[i];
      copy_columns(words, features.masked(), first, rows, owners.begin[static_cast<std::size_t>(party)], own_columns);
      PAI_TRY(send_masked_rows(channel, group, source.operation(), first, words));
    }
    for (int party = 0; party < group.size(); ++party) {
      const auto columns = owners.columns[static_cast<std::size_t>(party)];
      if (party == group.self || columns == 0) continue;
      words.resize(rows * columns);
      PAI_TRY(receive_masked_rows(channel, group.clients[static_cast<std::size_t>(party)], source.operation(), first, words));
      copy_columns(words, features.masked(), first, rows, owners.begin[static_cast<std::size_t>(party)], columns);
    }
    first += rows;
    reporter.advance(rows);
  }
  return source.finish();
}

Status draw_feature_masks(mpc::Source& source, FeatureMatrix& features, Reporter& reporter) {
  const auto& owners = features.owners();
  source.begin();
  std::vector<ring::Word> words;
  for (std::size_t first = 0; first < features.rows();) {
    const auto rows = std::min(chunk_rows(features), features.rows() - first);
    for (std::size_t party = 0; party < owners.columns.size(); ++party) {
      if (owners.columns[party] == 0) continue;
      words.resize(rows * owners.columns[party]);
      source.own(static_cast<int>(party), words);
      copy_columns(words, features.masked(), first, rows, owners.begin[party], owners.columns[party]);
    }
    first += rows;
    reporter.advance(rows);
  }
  return source.finish();
}

}  // namespace pai::client::nn
