#include "common/csv/utf8_check.h"

#include <cstring>

namespace pai::csv {

std::optional<std::size_t> Utf8Check::feed(const char* text, std::size_t size) {
  std::size_t at = 0;
  while (at < size) {
    if (need_ == 0) {
      std::uint64_t word;
      while (at + 8 <= size && (std::memcpy(&word, text + at, 8), (word & 0x8080808080808080) == 0)) at += 8;
      if (at == size) break;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (need_ > 0) {
      if (byte < low_ || byte > high_) return at;
      low_ = 0x80;
      high_ = 0xBF;
      --need_;
    } else if (byte >= 0x80 && !lead(byte)) {
      return at;
    }
    ++at;
  }
  return std::nullopt;
}

bool Utf8Check::lead(unsigned byte) {
  if (byte >= 0xC2 && byte <= 0xDF) {
    need_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    need_ = 2;
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;  // surrogates are no characters
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    need_ = 3;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
  } else {
    return false;
  }
  return true;
}

}  // namespace pai::csv
