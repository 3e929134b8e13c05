// Cells of a table: the fast ways agree with the careful one bit for bit, take no byte beyond the cell for a
// digit, and nothing that is no finite number gets through.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "client/nn/core/parse_number.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pai::client::nn;
  if (size == 0) return 0;
  // The first byte is what stands behind the cell; exactly so much memory that a byte read further on is
  // seen.
  const std::size_t length = size - 1;
  const auto memory = std::make_unique<char[]>(length + kParsePadding);
  std::memcpy(memory.get(), data + 1, length);
  std::memset(memory.get() + length, data[0], kParsePadding);
  const char* const begin = memory.get();
  const char* const end = begin + length;

  double careful = 0.25;
  const NumberFault fault = parse_number({begin, length}, careful);
  PAI_CHECK(fault == NumberFault::kNone ? std::isfinite(careful) : careful == 0.25, "finite, or as it was");
  PAI_CHECK(fault_sentence(fault).empty() == (fault == NumberFault::kNone), "each fault has its sentence");
  for (const auto parse : {parse_plain, parse_long}) {
    double fast = 0.25;
    const char* const stop = parse(begin, end, fast);
    if (stop == nullptr) continue;
    PAI_CHECK(stop > begin && stop <= end, "a number within the cell");
    PAI_CHECK(std::isfinite(fast), "a finite number");
    double part = 0;
    PAI_CHECK(parse_number({begin, static_cast<std::size_t>(stop - begin)}, part) == NumberFault::kNone,
              "what was taken is a number by itself");
    PAI_CHECK(std::bit_cast<std::uint64_t>(part) == std::bit_cast<std::uint64_t>(fast), "the same bits");
  }
  return 0;
}
