#include "client/align/tag_exchange.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "client/align/core/tag_stream.h"

namespace pai::client::align {
namespace {

/// A message of this size costs little per message, and leaves main little to hold.
constexpr std::size_t kBatchBytes = std::size_t{256} << 10;

}  // namespace

Result<TagExchange> TagExchange::create(Channel& channel, int main, std::uint64_t rows) {
  TagExchange exchange(channel, main);
  PAI_ASSIGN(exchange.rows_, LargeMemory::reserve(rows * sizeof(std::uint32_t) + 64));
  exchange.sent_counts_.assign(kPartitions, 0);
  exchange.common_begin_.assign(kPartitions + 1, 0);
  exchange.partitions_sent_ = std::make_unique<std::atomic<std::uint32_t>>(0);
  exchange.sent_tags_ = std::make_unique<SentTags>();
  return exchange;
}

Status TagExchange::send(TaggedTable& tagged, DuplicatePolicy& duplicates, Reporter& reporter) {
  reporter.phase("send", tagged.rows(), "tags");
  std::uint32_t* to = rows_.as<std::uint32_t>();
  v1::TagBatch batch;
  std::uint64_t batch_rows = 0;
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    const auto sorted = tagged.sorted(partition);
    PAI_ASSIGN(const auto rows, duplicates.apply(partition, sorted));
    auto& bytes = *batch.mutable_tags();
    const std::size_t begin = bytes.size();
    bytes.resize(begin + rows.size() * kTagBytes);
    char* out = bytes.data() + begin;
    for (const TagRow& row : rows) {
      store_tag(row, out);
      out += kTagBytes;
      *to++ = row.row;
    }
    sent_counts_[partition] = static_cast<std::uint32_t>(rows.size());
    batch.add_counts(static_cast<std::uint32_t>(rows.size()));
    batch_rows += sorted.size();
    if (bytes.size() < kBatchBytes && partition + 1 < kPartitions) continue;
    sent_tags_->add(batch.tags());
    // Said before it is sent: the answer may be here before `send` returns.
    partitions_sent_->store(partition + 1, std::memory_order_release);
    PAI_TRY(channel_->send(main_, std::exchange(batch, {})));
    reporter.advance(std::exchange(batch_rows, 0));
    batch.set_first_partition(partition + 1);
    batch.mutable_tags()->reserve(kBatchBytes + kBatchBytes / 2);
  }
  tagged.forget_key();
  return {};
}

Error TagExchange::protocol_error(const std::string& what) const {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(main_) + " sent " + what).blaming(main_);
}

Status TagExchange::receive(Awaited<v1::MatchBits>& first_answer, Counter& answered) {
  AnswerStream answers(sent_counts_);
  const std::uint32_t* from = rows_.as<std::uint32_t>();
  auto* const to = rows_.as<std::uint32_t>();
  std::uint64_t found = 0;
  crypto::Sha256 digest;
  std::vector<std::uint64_t> leading;  // as they are on the wire
  std::uint32_t partition = 0;
  for (bool first = true; answers.next_partition() < kPartitions; first = false) {
    PAI_ASSIGN(const auto message, first ? first_answer.take() : channel_->receive<v1::MatchBits>(main_));
    const std::span<const std::uint32_t> counts(message.counts().data(),
                                                static_cast<std::size_t>(message.counts_size()));
    const auto wrong = answers.check(message.first_partition(), counts, message.bits(),
                                     partitions_sent_->load(std::memory_order_acquire));
    if (wrong) return protocol_error(*wrong);
    const auto* bits = reinterpret_cast<const std::uint8_t*>(message.bits().data());
    for (const std::uint32_t count : counts) {
      const char* const tags = sent_tags_->next(count * kTagBytes);
      const std::uint64_t found_before = found;
      leading.resize(std::max<std::size_t>(leading.size(), count));
      for (std::uint32_t at = 0; at < count; at += 8) {
        unsigned byte = bits[at / 8];
        if (count - at < 8) byte &= (1U << (count - at)) - 1;
        for (; byte != 0; byte &= byte - 1) {
          const std::uint32_t place = at + static_cast<unsigned>(std::countr_zero(byte));
          std::memcpy(&leading[static_cast<std::size_t>(found - found_before)], tags + place * kTagBytes,
                      sizeof leading[0]);
          to[found++] = from[place];
        }
      }
      digest.update(std::string_view(reinterpret_cast<const char*>(leading.data()),
                                     static_cast<std::size_t>(found - found_before) * sizeof leading[0]));
      from += count;
      bits += bit_bytes(count);
      common_begin_[++partition] = found;
    }
    answered.set(answers.next_partition());
  }
  PAI_ASSIGN(const auto result, channel_->receive<v1::IntersectionResult>(main_));
  if (result.common_rows() != found)
    return protocol_error("a size of the intersection that its answers do not have");
  common_digest_ = digest.finish();
  return {};
}

}  // namespace pai::client::align
