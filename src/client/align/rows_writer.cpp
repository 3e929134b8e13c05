#include "client/align/rows_writer.h"

#include "client/align/core/threshold.h"
#include "common/base/text.h"

namespace pai::client::align {
namespace {

/// Length of the first `rows` lines of text whose quoted fields may hold line feeds.
std::size_t length_of_rows(std::string_view text, std::uint64_t rows) {
  bool quoted = false;
  std::size_t at = 0;
  for (; rows > 0; ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == '\n' && !quoted) --rows;
  }
  return at;
}

std::string header_line(const csv::Layout& layout) {
  std::string line;
  for (const auto* columns : {&layout.id_columns, &layout.value_columns}) {
    for (const auto column : *columns) {
      if (!line.empty()) line += ',';
      line += layout.header.raw[column];
    }
  }
  return line;
}

}  // namespace

Result<std::unique_ptr<RowsWriter>> RowsWriter::create(const io::Root& datasets, const std::string& staging,
                                                       const std::string& stem, const csv::Layout& layout,
                                                       double test_ratio) {
  std::unique_ptr<RowsWriter> writer(new RowsWriter(!layout.value_columns.empty(), test_ratio));
  writer->aligned_name_ = stem + "_aligned.csv";
  const auto create_file = [&](const std::string& name) -> Result<std::unique_ptr<OutputFile>> {
    PAI_ASSIGN(auto fd, datasets.create_file(staging + "/" + name));
    return std::make_unique<OutputFile>(std::move(fd), name);
  };
  PAI_ASSIGN(writer->aligned_, create_file(writer->aligned_name_));
  PAI_ASSIGN(writer->train_, create_file("train.csv"));
  PAI_ASSIGN(writer->test_, create_file("test.csv"));
  const std::string header = header_line(layout);
  writer->aligned_chunk_ = Chunk::with_room(header.size() + 1);
  put(writer->aligned_chunk_, header);
  writer->values_.chunk = Chunk::with_room(0);
  return writer;
}

Status RowsWriter::renew_aligned(std::size_t size) {
  // A row may go on in the next chunk, so that each chunk is whole blocks and is written from where it
  // stands.
  const std::size_t whole = aligned_chunk_.used / Chunk::kAlignment * Chunk::kAlignment;
  const std::string_view rest = aligned_chunk_.text().substr(whole);
  Chunk next = aligned_->fresh(rest.size() + size + 1);
  std::memcpy(next.data.get(), rest.data(), rest.size());
  next.used = rest.size();
  aligned_chunk_.used = whole;
  PAI_TRY(aligned_->push(std::move(aligned_chunk_)));
  aligned_chunk_ = std::move(next);
  return {};
}

Status RowsWriter::renew_values(std::size_t size) {
  undecided_.push_back(std::move(values_));
  PAI_TRY(release());
  values_ = ValueChunk{train_->fresh(size + 1), 0};
  return {};
}

Status RowsWriter::at_least(std::uint64_t rows) {
  known_rows_ = rows;
  return release();
}

/// Gives the chunks whose rows are training whatever follows to train.csv.
Status RowsWriter::release() {
  const std::uint64_t certain = known_rows_ - test_rows(known_rows_, test_ratio_);
  while (!undecided_.empty() && train_rows_ + undecided_.front().rows <= certain) {
    train_rows_ += undecided_.front().rows;
    PAI_TRY(train_->push(std::move(undecided_.front().chunk)));
    undecided_.pop_front();
  }
  return {};
}

Status RowsWriter::write_split(std::uint64_t train_rows) {
  undecided_.push_back(std::move(values_));
  for (auto& part : undecided_) {
    const std::uint64_t to_train = std::min(part.rows, train_rows - train_rows_);
    train_rows_ += to_train;
    if (to_train == part.rows) {
      PAI_TRY(train_->push(std::move(part.chunk)));
    } else if (to_train == 0) {
      PAI_TRY(test_->push(std::move(part.chunk)));
    } else {
      const std::string_view text = part.chunk.text();
      const std::size_t length = length_of_rows(text, to_train);
      Chunk rest = Chunk::with_room(text.size() - length);
      rest.used = text.size() - length;
      std::memcpy(rest.data.get(), text.data() + length, rest.used);
      part.chunk.used = length;
      PAI_TRY(train_->push(std::move(part.chunk)));
      PAI_TRY(test_->push(std::move(rest)));
    }
  }
  undecided_.clear();
  return {};
}

Result<WrittenFiles> RowsWriter::finish() {
  WrittenFiles files;
  files.test_rows = test_rows(rows_, test_ratio_);
  files.train_rows = rows_ - files.test_rows;
  PAI_TRY(aligned_->push(std::move(aligned_chunk_)));
  if (has_values_) PAI_TRY(write_split(files.train_rows));
  aligned_->end();
  train_->end();
  test_->end();
  PAI_ASSIGN(files.aligned.digest, aligned_->finish());
  PAI_ASSIGN(files.train.digest, train_->finish());
  PAI_ASSIGN(files.test.digest, test_->finish());
  files.aligned.name = aligned_name_;
  files.train.name = "train.csv";
  files.test.name = "test.csv";
  return files;
}

}  // namespace pai::client::align
