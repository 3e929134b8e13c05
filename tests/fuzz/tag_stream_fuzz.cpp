// What main takes from a party and a party from main: streams of batches built from the input, checked as the
// roles check them. Whatever passes the checks must be safe to unpack and join.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "client/align/core/intersect.h"
#include "client/align/core/tag_stream.h"
#include "common/base/check.h"

namespace {

using namespace pai::client::align;

/// Takes numbers and bytes from the input; zeros when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : 0; }
  std::uint32_t number() {
    // Mostly small, so that streams get far; now and then any.
    const std::uint8_t lead = byte();
    if (lead < 240) return lead % 16;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return lead < 248 ? value % 4096 : value;
  }
  std::string bytes(std::size_t count) {
    count = std::min(count, size_ - std::min(at_, size_));
    std::string taken(reinterpret_cast<const char*>(data_ + at_), count);
    at_ += count;
    return taken;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

struct Partition {
  std::string bytes;
  std::vector<std::uint64_t> high;
};

/// The partitions that a stream got through the checks.
std::vector<Partition> take_stream(Input& input) {
  std::vector<Partition> partitions;
  TagStream stream(input.number());
  for (int batches = input.byte() % 8; batches > 0; --batches) {
    const std::uint32_t first = (input.byte() & 7) == 0 ? input.number() : stream.next_partition();
    std::vector<std::uint32_t> counts(input.number() % 2000);
    for (auto& count : counts) count = input.number();
    std::uint64_t total = 0;
    for (const auto count : counts) total += count;
    const std::string tags =
        input.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(total * kTagBytes, 65536)) +
                    (input.byte() == 255 ? 1 : 0));
    CheckedBatch checked;
    if (stream.check({first, counts, tags}, checked)) break;
    for (std::size_t i = 0; i < checked.counts.size(); ++i) {
      PAI_CHECK(checked.offsets[i] + checked.counts[i] * kTagBytes <= tags.size(),
                "a checked batch lies within its bytes");
      Partition partition{tags.substr(checked.offsets[i], checked.counts[i] * kTagBytes), {}};
      const auto number = checked.first_partition + static_cast<std::uint32_t>(i);
      const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(partition.bytes.data()),
                                                partition.bytes.size());
      if (!unpack_tags(number, bytes, partition.high)) return partitions;
      partitions.push_back(std::move(partition));
    }
  }
  return partitions;
}

PartyTags view(const Partition& partition) {
  return {{reinterpret_cast<const std::uint8_t*>(partition.bytes.data()), partition.bytes.size()},
          partition.high};
}

void join(const std::vector<std::vector<Partition>>& streams) {
  Intersector intersector;
  for (std::size_t i = 0; i < streams[0].size() && i < streams[1].size() && i < streams[2].size(); ++i) {
    const PartyTags parties[] = {view(streams[0][i]), view(streams[1][i]), view(streams[2][i])};
    const std::uint32_t common = intersector.run(parties);
    for (std::size_t party = 0; party < 3; ++party) {
      std::vector<std::uint8_t> bits(bit_bytes(static_cast<std::uint32_t>(parties[party].high.size())));
      PAI_CHECK(intersector.places(party).size() == common, "as many places as common tags");
      for (std::uint32_t k = 0; k < common; ++k) {
        const auto place = intersector.places(party)[k];
        PAI_CHECK(std::memcmp(parties[party].bytes.data() + place * kTagBytes,
                              parties[0].bytes.data() + intersector.places(0)[k] * kTagBytes, kTagBytes) == 0,
                  "a common tag is the same everywhere");
      }
      set_bits(intersector.places(party), bits.data());
    }
  }
}

void take_answers(Input& input) {
  std::vector<std::uint32_t> sent(kPartitions);
  for (std::size_t i = 0; i < 16; ++i) sent[i] = input.byte();
  AnswerStream answers(sent);
  const std::uint32_t partitions_sent = input.number();
  while (!input.empty()) {
    const std::uint32_t first = input.number();
    std::vector<std::uint32_t> counts(input.number() % 2000);
    for (auto& count : counts) count = input.number();
    const std::string bits = input.bytes(input.number());
    if (answers.check(first, counts, bits, partitions_sent)) return;
    PAI_CHECK(answers.next_partition() <= std::min(partitions_sent, kPartitions),
              "no answer before its tags");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::vector<std::vector<Partition>> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(take_stream(input));
  join(streams);
  take_answers(input);
  return 0;
}
