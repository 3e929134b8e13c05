#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::access {

/// A bearer token: `pai_`, 8 hex digits that name it and are no secret, `_`, and 64 hex digits (256 bits) that prove it.
/// The prefix lets people and scanners recognise one that got where it should not be.
struct Token {
  std::string id;    ///< the 8 digits
  std::string text;  ///< the whole; shown once
};

/// From the operating system's generator.
Token make_token();

/// The id of a well-formed token; nothing for any other text.
std::optional<std::string> token_id(std::string_view text);

/// What is stored of a token: SHA-256 in lower-case hex. 256 random bits need no slow hash: there is nothing to guess from.
std::string token_hash(std::string_view text);

/// Compares in a time that depends on the lengths only.
bool same_hash(std::string_view a, std::string_view b);

/// The token of an `Authorization` header's value (RFC 6750: `Bearer`, in any case, one or more spaces, the token);
/// nothing for another scheme or form.
std::optional<std::string_view> bearer_token(std::string_view header);

/// Overwrites the text before it lets go of it.
void wipe(std::string& secret);

/// A user's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. kInvalid says what is wrong.
Status check_user_name(std::string_view name);

}  // namespace pai::access
