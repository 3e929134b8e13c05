// What strangers say of themselves, and what an auditor is handed: the Authorization header, a user's name, a token, an address, an
// audit log. The first byte chooses which.
#include <cstdint>
#include <string_view>

#include "common/access/guess_limiter.h"
#include "common/access/token.h"
#include "common/audit/chain_files.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pai;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: {
      const auto token = access::bearer_token(text);
      if (token) PAI_CHECK(!token->empty() && text.ends_with(*token), "a token that is not the header's end");
      break;
    }
    case 1: {
      const auto id = access::token_id(text);
      if (id) PAI_CHECK(text.substr(4, 8) == *id && text.size() == 77, "an id that is not the token's");
      break;
    }
    case 2:
      if (access::check_user_name(text).ok()) PAI_CHECK(text.size() <= 64 && text.find('@') == std::string_view::npos, "a name too many");
      break;
    case 3: {
      const auto source = access::guesser_of(text);
      PAI_CHECK(source.size() <= text.size() + 46, "an address that grew");
      break;
    }
    default: {
      const auto checked = audit::check_file(text);
      if (checked.ok()) PAI_CHECK(checked->ends.lines >= checked->begins.lines, "a chain that went back");
    }
  }
  return 0;
}
