#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pai {

/// Lower-case hexadecimal of the bytes.
std::string to_hex(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

/// Offset of the first byte that is not well-formed UTF-8 (RFC 3629), or nothing.
std::optional<std::size_t> invalid_utf8_at(std::string_view text);

/// True for C0 controls, DEL and the C1 controls' UTF-8 encodings: what a name or a log line may not hold.
bool has_control_character(std::string_view text);

/// Outside text made fit for one log or error line: controls and invalid UTF-8 become \xNN, cut to
/// `bytes_max` with an ellipsis.
std::string printable(std::string_view text, std::size_t bytes_max = 120);

/// The candidate nearest to `word` (edit distance, transpositions count one), if near enough to be what was meant.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "1,234,567"
std::string with_thousands(std::uint64_t number);

}  // namespace pai
