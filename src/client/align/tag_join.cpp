#include "client/align/tag_join.h"

namespace pai::client::align {
namespace {

/// Small enough that parties start writing early, large enough that messages cost nothing.
constexpr std::size_t kAnswerBytes = std::size_t{16} << 10;

Error protocol_error(int peer, const std::string& what) {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + what).blaming(peer);
}

}  // namespace

TagJoin::TagJoin(Context& context, const std::map<int, std::uint64_t>& declared_rows, Threshold threshold)
    : context_(context), threshold_(threshold), held_(context.datasets) {
  for (const auto& [id, rows] : declared_rows) parties_.push_back({id, TagStream(rows), {}, {}, {}, {}});
}

Result<std::uint64_t> TagJoin::run() {
  context_.reporter.phase("match", kPartitions, "partitions");
  std::vector<PartyTags> tags(parties_.size());
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    for (std::size_t i = 0; i < parties_.size(); ++i) {
      PAI_ASSIGN(tags[i], next_tags(parties_[i], partition));
    }
    common_rows_ += intersector_.run(tags);
    PAI_TRY(answer(partition));
  }
  PAI_TRY(flush(kPartitions));
  if (auto too_few = threshold_.judge(common_rows_)) return std::move(*too_few);
  return common_rows_;
}

/// The party's tags of a partition; takes its next message when the one at hand is used up.
Result<PartyTags> TagJoin::next_tags(Party& party, std::uint32_t partition) {
  if (partition == party.stream.next_partition()) {
    PAI_ASSIGN(auto message, context_.channel.receive<v1::TagBatch>(party.id));
    const TagBatchView view{message.first_partition(),
                            {message.counts().data(), static_cast<std::size_t>(message.counts_size())},
                            message.tags()};
    if (const auto wrong = party.stream.check(view, party.batch)) return protocol_error(party.id, *wrong);
    party.tags = std::move(*message.mutable_tags());
  }
  const std::size_t index = partition - party.batch.first_partition;
  const std::span<const std::uint8_t> bytes(
      reinterpret_cast<const std::uint8_t*>(party.tags.data()) + party.batch.offsets[index],
      party.batch.counts[index] * kTagBytes);
  if (!unpack_tags(partition, bytes, party.high)) {
    return protocol_error(party.id, "tags of partition " + std::to_string(partition) +
                                        " out of order, twice, or of another partition");
  }
  return PartyTags{bytes, party.high};
}

Status TagJoin::answer(std::uint32_t partition) {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    Party& party = parties_[i];
    const auto count = static_cast<std::uint32_t>(party.high.size());
    auto& bits = *party.answer.mutable_bits();
    const std::size_t begin = bits.size();
    bits.resize(begin + bit_bytes(count));
    set_bits(intersector_.places(i), reinterpret_cast<std::uint8_t*>(bits.data()) + begin);
    party.answer.add_counts(count);
    gathered_bytes_ += bits.size() - begin;
  }
  context_.reporter.advance(1);
  return gathered_bytes_ < kAnswerBytes * parties_.size() ? Status() : flush(partition + 1);
}

/// Sends what was gathered; before the threshold is reached, holds it.
Status TagJoin::flush(std::uint32_t next_partition) {
  const auto send = [this](int peer, v1::MatchBits answer) {
    return context_.channel.send(peer, std::move(answer));
  };
  const bool open = common_rows_ >= threshold_.rows();
  if (open) PAI_TRY(held_.release<v1::MatchBits>(send));
  for (Party& party : parties_) {
    v1::MatchBits answer = std::move(party.answer);
    party.answer = v1::MatchBits();
    party.answer.set_first_partition(next_partition);
    if (answer.counts_size() == 0) continue;
    if (open)
      PAI_TRY(send(party.id, std::move(answer)));
    else
      PAI_TRY(held_.add(party.id, answer));
  }
  gathered_bytes_ = 0;
  return {};
}

}  // namespace pai::client::align
