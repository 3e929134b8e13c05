#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace pai::ctl::pki {

struct BundleInput {
  std::string file;  ///< for messages
  std::string pem;
};

struct Bundle {
  struct Member {
    std::string name;
    std::string fingerprint;
    std::int64_t not_after = 0;
  };
  std::string pem;  ///< each CA after a line that says whose it is
  std::vector<Member> members;
  std::vector<std::string> notes;  ///< duplicates that were left out, CAs that have expired or share a name
};

/// The CAs of all inputs, in their order, each once. kInvalid, with every input at fault: no certificate, or
/// one that is none of a CA, which in a bundle of trust would be an accident.
Result<Bundle> make_bundle(const std::vector<BundleInput>& inputs, std::int64_t now);

}  // namespace pai::ctl::pki
