#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/pki/key.h"
#include "ctl/pki/names.h"

namespace pai::ctl::pki {

/// A request whose sender has the private key and asks for nothing but names.
struct Request {
  Names names;
  std::vector<std::string> left_out;  ///< what it also asks for and does not get, printable
  Key key;                            ///< public only
};

/// A PKCS #10 request (PEM) for these names, signed with the key.
Result<std::string> make_request(const Key& key, const Names& names);

/// Reads a stranger's request. kInvalid when it is broken, its signature does not hold (RFC 2986,
/// section 4.2), its key is weak, it asks to be a CA, or a name is not one that `names_from` takes.
Result<Request> read_request(const std::string& pem);

}  // namespace pai::ctl::pki
