#include "common/csv/scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace pai::csv {
namespace {

/// Bit i is the parity of the bits up to i: turns quote marks into "within quotes".
std::uint64_t prefix_parity(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The number of set bits. The base instruction set of x86-64 has none for it, and std::popcount would be a
/// call.
inline std::uint64_t count_bits(std::uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return bits * 0x0101010101010101 >> 56;
}

/// Bits below place `at` (0–64).
std::uint64_t below(unsigned at) {
  return at >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << at) - 1;
}

/// Place of the n-th set bit (from 0); there are more than n.
unsigned select(std::uint64_t bits, std::uint64_t n) {
  while (n-- > 0) bits &= bits - 1;
  return static_cast<unsigned>(std::countr_zero(bits));
}

std::uint64_t count_lines(const char* begin, const char* end) {
  return static_cast<std::uint64_t>(std::count(begin, end, '\n'));
}

}  // namespace

Scanner::Scanner(Options options, Sink sink)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      classify_(options_.classify != nullptr ? options_.classify : classifiers().front().classify) {}

Status Scanner::feed(const char* text, std::size_t size) {
  PAI_CHECK(size % 64 == 0, "pieces are multiples of a block");
  BlockMasks masks[kGroupBlocks];
  for (std::size_t at = 0; at < size;) {
    const std::size_t blocks = std::min(kGroupBlocks, (size - at) / 64);
    const unsigned kinds = classify_(text + at, blocks, masks);
    if (!scan_group(text + at, blocks, blocks * 64, kinds, masks)) return status();
    at += blocks * 64;
  }
  if (row_ != nullptr && static_cast<std::size_t>(text + size - row_) > Limits::kRowBytesMax) {
    if (inside_ != 0)
      (void)fail({FaultKind::kUnclosedQuote, opening_line(text + size), 0, 0});
    else
      (void)fail(
          {FaultKind::kRowTooLarge, options_.first_line + lines_ - count_lines(row_, text + size), 0, 0});
    return status();
  }
  (void)flush();
  return status();
}

Status Scanner::finish(const char* text, std::size_t size) {
  PAI_CHECK(size < 64, "the last piece is less than a block");
  char block[64];
  std::memset(block, ' ', sizeof block);
  if (size > 0) std::memcpy(block, text, size);
  BlockMasks masks;
  const unsigned kinds = classify_(block, 1, &masks);
  // The end of the file ends a row as a line feed does.
  const char* end = text + size;
  masks.newline |= std::uint64_t{1} << size;
  if (row_ == nullptr) row_ = text;
  if (!check_text(text, size, kinds)) return status();
  if (!utf8_.complete())
    (void)fail({FaultKind::kInvalidUtf8, options_.first_line + lines_ + count_lines(text, end), 0, 0});
  else if (scan_block<true>(text, masks, lines_) && inside_ != 0) {
    --lines_;  // the one that the file does not have
    (void)fail({FaultKind::kUnclosedQuote, opening_line(end), 0, 0});
  }
  if (!error_) (void)flush();
  return status();
}

void Scanner::relocate(const char* to) {
  if (row_ == nullptr) return;
  if (id_begin_ != nullptr) id_begin_ = to + (id_begin_ - row_);
  if (id_end_ != nullptr) id_end_ = to + (id_end_ - row_);
  row_ = to;
}

bool Scanner::scan_group(const char* text, std::size_t blocks, std::size_t valid, unsigned kinds,
                         BlockMasks* masks) {
  if (!check_text(text, valid, kinds)) return false;
  const bool rare =
      (kinds & (kHasQuote | kHasCarriage)) != 0 || inside_ != 0 || after_carriage_ != 0 || after_close_ != 0;
  if (row_ == nullptr) row_ = text;
  for (std::size_t block = 0; block < blocks; ++block) {
    const char* at = text + block * 64;
    const std::uint64_t lines = lines_;
    if (!(rare ? scan_block<true>(at, masks[block], lines) : scan_block<false>(at, masks[block], lines)))
      return false;
  }
  return true;
}

bool Scanner::check_text(const char* text, std::size_t size, unsigned kinds) {
  if ((kinds & kHasNul) != 0) {
    const auto* nul = static_cast<const char*>(std::memchr(text, 0, size));
    return fail({FaultKind::kNulByte, options_.first_line + lines_ + count_lines(text, nul), 0, 0});
  }
  if ((kinds & kHasHigh) == 0 && utf8_.complete()) return true;
  const auto bad = utf8_.feed(text, size);
  if (!bad) return true;
  return fail({FaultKind::kInvalidUtf8, options_.first_line + lines_ + count_lines(text, text + *bad), 0, 0});
}

/// Takes what stands within quotes out of the masks, and finds quotes and carriage returns that stand where
/// they may not: `bad` is the place of the first. All bits of a block at once, as in simdjson.
bool Scanner::check_quotes(const BlockMasks& masks, std::uint64_t& comma, std::uint64_t& newline,
                           unsigned& bad) {
  const std::uint64_t inside = prefix_parity(masks.quote) ^ inside_;
  const std::uint64_t opening = masks.quote & inside;
  const std::uint64_t closing = masks.quote & ~inside;
  comma = masks.comma & ~inside;
  newline = masks.newline & ~inside;
  const std::uint64_t carriage = masks.carriage & ~inside;
  const std::uint64_t field_begin = (comma | newline) << 1 | at_field_;
  const std::uint64_t after_close = closing << 1 | after_close_;
  const std::uint64_t after_carriage = carriage << 1 | after_carriage_;
  const std::uint64_t stray = (opening & ~(field_begin | after_close)) |
                              (after_close & ~(comma | newline | opening | carriage)) |
                              (after_carriage & ~newline);
  inside_ = std::uint64_t{0} - (inside >> 63);
  at_field_ = (comma | newline) >> 63;
  after_close_ = closing >> 63;
  after_carriage_ = carriage >> 63;
  if (stray == 0) return true;
  bad = static_cast<unsigned>(std::countr_zero(stray));
  return false;
}

template <bool kRare>
bool Scanner::scan_block(const char* text, const BlockMasks& masks, std::uint64_t lines) {
  std::uint64_t comma = masks.comma, newline = masks.newline;
  unsigned bad = 64;
  bool stray_carriage = false;
  if constexpr (kRare) {
    const std::uint64_t carriage_before = after_carriage_;
    if (!check_quotes(masks, comma, newline, bad)) {
      stray_carriage = ((masks.carriage << 1 | carriage_before) >> bad & 1) != 0;
      comma &= below(bad);
      newline &= below(bad);
    }
  } else {
    at_field_ = (comma | newline) >> 63;
  }
  while (newline != 0) {
    const auto at = static_cast<unsigned>(std::countr_zero(newline));
    const std::uint64_t in_row = comma & below(at);
    const auto count = count_bits(in_row);
    find_id(text, in_row, count);
    if (!end_row(text + at, commas_ + count + 1, kRare, lines + count_bits(masks.newline & below(at)))) {
      return false;
    }
    row_ = text + at + 1;
    commas_ = 0;
    id_begin_ = id_end_ = nullptr;
    comma &= ~below(at + 1);
    newline &= newline - 1;
  }
  if (bad < 64) {
    const std::uint64_t line = options_.first_line + lines + count_bits(masks.newline & below(bad));
    return fail({stray_carriage ? FaultKind::kBareCarriageReturn : FaultKind::kStrayQuote, line, 0, 0});
  }
  const auto count = count_bits(comma);
  find_id(text, comma, count);
  commas_ += count;
  lines_ += count_bits(masks.newline);
  return true;
}

/// Notes where the ID field begins and ends, when these `count` commas of the row at hand tell.
inline void Scanner::find_id(const char* text, std::uint64_t commas, std::uint64_t count) {
  const std::uint64_t column = options_.id_column;
  if (commas_ > column) return;
  if (id_begin_ == nullptr) {
    if (column == 0)
      id_begin_ = row_;
    else if (commas_ + count >= column)
      id_begin_ = text + select(commas, column - 1 - commas_) + 1;
  }
  if (commas_ + count > column) id_end_ = text + select(commas, column - commas_);
}

inline bool Scanner::end_row(const char* end, std::uint64_t fields, bool trim, std::uint64_t lines_before) {
  if (trim && end > row_ && end[-1] == '\r') --end;
  if (end == row_) return true;  // a blank line
  const auto size = static_cast<std::size_t>(end - row_);
  if (fields != options_.fields || size > Limits::kCellBytesMax) {
    const std::uint64_t line = options_.first_line + lines_before - count_lines(row_, end);
    if (fields != options_.fields) return fail({FaultKind::kRaggedRow, line, options_.fields, fields});
    if (size > Limits::kRowBytesMax) return fail({FaultKind::kRowTooLarge, line, 0, 0});
    batch_[batch_size_] = Row{row_, static_cast<std::uint32_t>(size), 0, 0};
    if (!check_cells(line)) return false;
  }
  if (id_end_ == nullptr) id_end_ = end;
  batch_[batch_size_++] =
      Row{row_, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(id_begin_ - row_),
          static_cast<std::uint32_t>(id_end_ - id_begin_)};
  ++rows_;
  batch_end_ = end;
  batch_line_ = options_.first_line + lines_before;
  return batch_size_ < kBatchRows || flush();
}

bool Scanner::check_cells(std::uint64_t line) {
  const std::string_view row = batch_[batch_size_].text();
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= row.size(); ++at) {
    if (at < row.size() && row[at] == '"') quoted = !quoted;
    if (at < row.size() && (quoted || row[at] != ',')) continue;
    if (at - begin > Limits::kCellBytesMax) return fail({FaultKind::kCellTooLarge, line, 0, 0});
    begin = at + 1;
  }
  return true;
}

bool Scanner::flush() {
  if (batch_size_ == 0) return true;
  auto taken = sink_(std::span<const Row>(batch_.data(), batch_size_));
  batch_size_ = 0;
  return taken.ok() || fail(std::move(taken).error());
}

bool Scanner::fail(Fault fault) {
  return fail(fault_error(options_.file, fault));
}

bool Scanner::fail(Error error) {
  if (!error_) error_ = std::move(error);
  return false;
}

Status Scanner::status() {
  return error_ ? Status(*error_) : Status();
}

std::uint64_t Scanner::line_of(const Row& row) const {
  return batch_line_ - count_lines(row.begin, batch_end_);
}

Error Scanner::error_at(const Row& row, FaultKind kind) const {
  return fault_error(options_.file, Fault{kind, line_of(row), 0, 0});
}

/// Line of the quote that opened the field which has no end.
std::uint64_t Scanner::opening_line(const char* end) const {
  const char* opened = row_;
  const char* closed = nullptr;
  bool quoted = false;
  for (const char* at = row_; at != nullptr && at < end; ++at) {
    if (*at != '"') continue;
    quoted = !quoted;
    if (!quoted)
      closed = at;
    else if (closed == nullptr || at != closed + 1)
      opened = at;  // else the second of a doubled quote
  }
  return options_.first_line + lines_ - (opened != nullptr ? count_lines(opened, end) : 0);
}

}  // namespace pai::csv
