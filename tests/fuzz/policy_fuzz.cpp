// Policy files and grants as JSON, as anybody might write them. Beside memory errors it looks for broken promises: a grant that
// was read is the same after a round trip, every refusal says where and why, no pattern that passed leads out of its folder,
// and a file without a fault allows nobody who is not its initiator.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.h"
#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "node/policy/decide.h"
#include "node/policy/policy_file.h"

namespace {

using namespace pai;
using namespace pai::node::policy;

void check_refusal(const Error& error) {
  PAI_CHECK(!error.message().empty() && !error.details().empty(), "a refusal says what is wrong, and where");
  PAI_CHECK(error.code() == ErrorCode::kInvalid, "bad input is the writer's fault");
}

void check_grant(const Grant& grant) {
  const auto again = grant_from_json(to_json(grant));
  PAI_CHECK(again.ok() && *again == grant, "a grant is the same after a round trip");
  for (const auto* patterns : {&grant.raw, &grant.dataset}) {
    for (const auto& pattern : *patterns) {
      PAI_CHECK(pattern == "*" || pattern.find("..") != 0, "a pattern does not climb");
      PAI_CHECK(!covers({pattern}, "../outside") || pattern == "*", "what leads out is not covered");
    }
  }
  Request request;
  request.initiator = tls::PeerIdentity{.fingerprint = "sha256:none", .common_name = "stranger", .names = {}, .not_after = 0};
  request.type = "alignment_data";
  request.role = "feature_client";
  request.raw = "a.csv";
  const Grant* one = &grant;
  const auto decided = decide(request, {one, 1}, {}, 0);
  const bool invited = grant.initiator == "*" || tls::matches(*request.initiator, grant.initiator);
  PAI_CHECK(!decided.ok() || (invited && covers(grant.raw, "a.csv")), "only the initiator gets only what is granted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto grants = read_policy("policy.toml", text); grants.ok()) {
    for (const auto& grant : *grants) check_grant(grant);
  } else {
    check_refusal(grants.error());
  }
  if (const auto document = json::parse(text); document.ok()) {
    if (const auto grant = grant_from_json(*document); grant.ok()) {
      check_grant(*grant);
    } else {
      check_refusal(grant.error());
    }
  }
  return 0;
}
