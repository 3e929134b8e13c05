#include "client/align/position_join.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kAnswerPositions = 4096;

Error protocol_error(int peer, const std::string& what) {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + what).blaming(peer);
}

}  // namespace

PositionJoin::PositionJoin(Context& context, const std::map<int, std::uint64_t>& declared_rows,
                           Threshold threshold)
    : context_(context), threshold_(threshold), held_(context.datasets) {
  std::vector<int> parties;
  for (const auto& [id, rows] : declared_rows) parties.push_back(id);
  const Ring ring(parties, parties.front());
  for (const auto& [owner, rows] : declared_rows) {
    sets_.push_back(
        {owner, ring.last_of(owner), rows, std::vector<bool>(rows), TagStream(rows), {}, {}, {}, 0, {}});
  }
}

Result<std::uint64_t> PositionJoin::run() {
  context_.reporter.phase("match", kPartitions, "partitions");
  std::vector<PartyTags> tags(sets_.size());
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      PAI_ASSIGN(tags[i], next_tags(sets_[i], partition));
    }
    common_rows_ += intersector_.run(tags);
    PAI_TRY(answer());
  }
  for (const Set& set : sets_) {
    if (set.stream.left() != 0) return protocol_error(set.sender, "fewer points than their owner declared");
  }
  if (auto too_few = threshold_.judge(common_rows_)) return std::move(*too_few);
  PAI_TRY(flush(true));
  return common_rows_;
}

Result<PartyTags> PositionJoin::next_tags(Set& set, std::uint32_t partition) {
  if (partition == set.stream.next_partition()) {
    PAI_ASSIGN(set.message, context_.channel.receive<v1::BlindedTags>(set.sender));
    if (set.message.owner() != static_cast<std::uint32_t>(set.owner))
      return protocol_error(set.sender, "tags of another client's set");
    const TagBatchView view{
        set.message.first_partition(),
        {set.message.counts().data(), static_cast<std::size_t>(set.message.counts_size())},
        set.message.tags()};
    if (const auto wrong = set.stream.check(view, set.batch)) return protocol_error(set.sender, *wrong);
    if (static_cast<std::size_t>(set.message.positions_size()) != set.message.tags().size() / kTagBytes) {
      return protocol_error(set.sender, "another number of places than of tags");
    }
    for (const std::uint32_t position : set.message.positions()) {
      if (position >= set.declared_rows || set.seen[position])
        return protocol_error(set.sender, "a place beyond its owner's set, or twice");
      set.seen[position] = true;
    }
  }
  const std::size_t index = partition - set.batch.first_partition;
  set.first_position = set.batch.offsets[index] / kTagBytes;
  const std::span<const std::uint8_t> bytes(
      reinterpret_cast<const std::uint8_t*>(set.message.tags().data()) + set.batch.offsets[index],
      set.batch.counts[index] * kTagBytes);
  if (!unpack_tags(partition, bytes, set.high)) {
    return protocol_error(set.sender, "tags of partition " + std::to_string(partition) +
                                          " out of order, twice, or of another partition");
  }
  return PartyTags{bytes, set.high};
}

Status PositionJoin::answer() {
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    for (const std::uint32_t place : intersector_.places(i)) {
      sets_[i].answer.add_positions(
          sets_[i].message.positions(static_cast<int>(sets_[i].first_position + place)));
    }
  }
  gathered_ += intersector_.places(0).size();
  context_.reporter.advance(1);
  return gathered_ < kAnswerPositions ? Status() : flush(false);
}

/// Sends what was gathered; before the threshold is reached, holds it.
Status PositionJoin::flush(bool last) {
  const auto send = [this](int peer, v1::MatchPositions answer) {
    return context_.channel.send(peer, std::move(answer));
  };
  const bool open = common_rows_ >= threshold_.rows();
  if (open) PAI_TRY(held_.release<v1::MatchPositions>(send));
  for (Set& set : sets_) {
    v1::MatchPositions answer = std::move(set.answer);
    set.answer = v1::MatchPositions();
    answer.set_last(last);
    if (open)
      PAI_TRY(send(set.owner, std::move(answer)));
    else
      PAI_TRY(held_.add(set.owner, answer));
  }
  gathered_ = 0;
  return {};
}

}  // namespace pai::client::align
