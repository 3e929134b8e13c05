#pragma once

#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/http/message.h"
#include "node/record.h"
#include "node/store.h"
#include "node/supervisor.h"

namespace pai::node::api {

/// `task_name` and `client` of the query; kInvalid naming what is missing or wrong.
Result<ClientKey> client_key(const http::Request& request);
/// Who calls, the same after its certificate was renewed: `name:` and the certificate's first DNS name, else
/// its common name, in lower case; its fingerprint when it has neither; empty without TLS.
std::string caller_of(const http::Request& request);
/// A query parameter that is `true` or `false`; false when absent.
Result<bool> flag(const http::Request& request, std::string_view name);
/// `from`: the number of a row of a test record; 0 when absent.
Result<std::uint64_t> record_from(const http::Request& request);
/// `clients`: how many of a task run here, 1 to 64; 1 when absent.
Result<int> client_count(const http::Request& request);
/// Lines asked for by `tail`, within its range.
Result<std::size_t> tail(const http::Request& request);
/// `limit` (1 to 1,000), `page` (from 1) and `status` (a client's state) of a list.
Result<ClientQuery> client_query(const http::Request& request);
/// The body of prepare and check: an object with `public`, `client_config` and, if `with_attempt`, `attempt`.
Result<Preparation> preparation(const http::Request& request, bool with_attempt);
/// The body of assignPort: an object with `attempt` and `avoid`, a list of at most 200 ports.
struct PortWish {
  std::string attempt;
  std::set<std::uint16_t> avoid;
};
Result<PortWish> port_wish(const http::Request& request);
/// The body of commit and forget: an object with `attempt`.
Result<std::string> attempt(const http::Request& request);

}  // namespace pai::node::api
