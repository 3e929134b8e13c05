#pragma once

#include <string>

#include "common/http/message.h"

namespace pai::http {

struct ResponseForm {
  int version = 11;        ///< of the request
  bool keep_alive = true;  ///< after this answer
  bool head = false;       ///< the request was HEAD: everything but the body
};

/// Status line and headers, with the empty line. Event streams are chunked for 1.1 and end with the connection for 1.0.
std::string response_head(const Reply& reply, const ResponseForm& form);

/// False for the statuses that never carry a body.
bool has_body(int status);

}  // namespace pai::http
