#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/http/message.h"

namespace pai::http {

/// The header of a request as the parser saw it: nothing decoded, nothing checked.
struct RawHead {
  std::string_view method;
  std::string_view target;
  int version = 11;  ///< 10 or 11
  std::vector<std::pair<std::string_view, std::string_view>> fields;
};

struct Head {
  Request request;               ///< without the body
  bool expects_continue = false;
};

Method method_of(std::string_view name);

/// Checks the header and decodes it. kInvalid: target, Host, framing (Content-Length and Transfer-Encoding), fields that
/// may stand once only; kDenied: an Origin other than `scheme`://Host.
Result<Head> check_head(const RawHead& raw, std::string_view scheme);

}  // namespace pai::http
