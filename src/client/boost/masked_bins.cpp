#include "client/boost/masked_bins.h"

#include <algorithm>

#include "client/nn/mask_features.h"
#include "common/base/check.h"

namespace pai::client::boost {

using ring::HalfOfWord;
using ring::Word;

namespace {

/// Words of one chunk of rows: 512 KiB.
constexpr std::size_t kChunkWords = std::size_t{1} << 16;

HalfOfWord* halves(std::span<Word> words) { return reinterpret_cast<HalfOfWord*>(words.data()); }

/// M of some rows, minus what stands there.
void subtract_from_one_hot(std::span<Word> masks, std::size_t stride, std::span<const std::uint8_t> bins, std::size_t features,
                           std::size_t bins_of_feature) {
  auto* const words = halves(masks);
  for (std::size_t i = 0; i < masks.size() * 2; ++i) words[i] = 0 - words[i];
  const auto rows = masks.size() * 2 / stride;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < features; ++j) {
      const int column = column_of_bin(bins[i * features + j], bins_of_feature);
      if (column >= 0) ++words[i * stride + j * bins_of_feature + static_cast<std::size_t>(column)];
    }
  }
}

}  // namespace

Result<MaskedBins> MaskedBins::make(Context& context, const Shape& shape, int self) {
  MaskedBins made(shape);
  std::uint64_t bytes = 0;
  for (std::size_t p = 0; p < shape.parties(); ++p) {
    if (static_cast<int>(p) != self) bytes += shape.train_rows * made.row_words(p) * sizeof(Word);
  }
  const bool mapped = self >= 0 && bytes > context.task.node.memory_bytes_max;
  if (mapped) {
    context.reporter.note(log::Level::kInfo, "masked bins mapped from disk",
                          {{"bytes", bytes}, {"memory_bytes_max", context.task.node.memory_bytes_max}});
  }
  for (std::size_t p = 0; p < shape.parties(); ++p) {
    const auto words = static_cast<int>(p) == self ? 0 : shape.train_rows * made.row_words(p);
    PAI_ASSIGN(auto matrix, mapped ? nn::LargeWords::on_disk(words, context.folder) : nn::LargeWords::in_memory(words));
    made.matrices_.push_back(std::move(matrix));
  }
  return made;
}

std::size_t MaskedBins::chunk_rows() const {
  std::size_t widest = 1;
  for (std::size_t p = 0; p < shape_.parties(); ++p) widest = std::max(widest, row_words(p));
  return std::max<std::size_t>(1, kChunkWords / widest);
}

Status MaskedBins::exchange(Channel& channel, const mpc::Group& group, mpc::Source& source, std::span<const std::uint8_t> bins,
                            Reporter& reporter) {
  const auto self = static_cast<std::size_t>(group.self);
  const auto features = shape_.features[self];
  PAI_CHECK(bins.size() >= shape_.train_rows * features, "fewer bins than rows");
  use_.spend();
  source.begin();
  std::vector<Word> words;
  // Chunks go in step, so that nobody waits for room.
  for (std::size_t first = 0; first < shape_.train_rows;) {
    const auto rows = std::min(chunk_rows(), shape_.train_rows - first);
    for (std::size_t p = 0; p < shape_.parties(); ++p) {
      if (shape_.features[p] == 0) continue;
      words.resize(p == self ? rows * row_words(p) : 0);
      source.own(static_cast<int>(p), words);  // U
      if (p != self) continue;
      subtract_from_one_hot(words, 2 * row_words(p), bins.subspan(first * features), features, shape_.bins);
      PAI_TRY(nn::send_masked_rows(channel, group, source.operation(), first, words));
    }
    for (std::size_t p = 0; p < shape_.parties(); ++p) {
      if (p == self || shape_.features[p] == 0) continue;
      const auto place = matrices_[p].words().subspan(first * row_words(p), rows * row_words(p));
      PAI_TRY(nn::receive_masked_rows(channel, group.clients[p], source.operation(), first, place));
    }
    first += rows;
    reporter.advance(rows);
  }
  return source.finish();
}

Status MaskedBins::draw(mpc::Source& source, Reporter& reporter) {
  source.begin();
  for (std::size_t first = 0; first < shape_.train_rows;) {
    const auto rows = std::min(chunk_rows(), shape_.train_rows - first);
    for (std::size_t p = 0; p < shape_.parties(); ++p) {
      if (shape_.features[p] == 0) continue;
      source.own(static_cast<int>(p), matrices_[p].words().subspan(first * row_words(p), rows * row_words(p)));
    }
    first += rows;
    reporter.advance(rows);
  }
  return source.finish();
}

ring::NarrowMatrix MaskedBins::of(std::size_t party) const {
  const auto words = matrices_[party].words();
  return {reinterpret_cast<const HalfOfWord*>(words.data()), words.empty() ? 0 : shape_.train_rows, shape_.columns(party)};
}

}  // namespace pai::client::boost
