#include "common/access/token.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/task/sha256.h"

namespace pai::access {
namespace {

constexpr std::string_view kPrefix = "pai_";
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kSecretSize = 64;
constexpr std::size_t kUserNameMax = 64;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

Token make_token() {
  std::array<std::uint8_t, (kIdSize + kSecretSize) / 2> bytes{};
  PAI_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "the system's random generator does not answer");
  const std::span all(bytes);
  Token token;
  token.id = to_hex(all.first(kIdSize / 2));
  token.text.append(kPrefix).append(token.id).append("_").append(to_hex(all.subspan(kIdSize / 2)));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return token;
}

std::optional<std::string> token_id(std::string_view text) {
  if (text.size() != kPrefix.size() + kIdSize + 1 + kSecretSize || !text.starts_with(kPrefix)) return std::nullopt;
  const auto id = text.substr(kPrefix.size(), kIdSize);
  const auto secret = text.substr(kPrefix.size() + kIdSize + 1);
  if (text[kPrefix.size() + kIdSize] != '_' || !is_hex(id) || !is_hex(secret)) return std::nullopt;
  return std::string(id);
}

std::string token_hash(std::string_view text) { return task::sha256_hex(text); }

bool same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string_view> bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer";
  if (header.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if ((header[i] | 0x20) != kScheme[i]) return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  const auto begin = header.find_first_not_of(' ');
  if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
  header.remove_prefix(begin);
  if (header.find(' ') != std::string_view::npos) return std::nullopt;
  return header;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

Status check_user_name(std::string_view name) {
  const bool fine = !name.empty() && name.size() <= kUserNameMax && is_letter_or_digit(name.front()) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
                    });
  if (fine) return {};
  return Error(ErrorCode::kInvalid, "'" + printable(name) + "' is no name of a user")
      .with_hint("a letter or digit, then at most 63 of letters, digits, '.', '_' and '-'");
}

}  // namespace pai::access
