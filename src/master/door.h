#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/access/guess_limiter.h"
#include "common/access/role.h"
#include "common/http/server.h"
#include "master/users.h"

namespace pai::master {

/// A user of the configuration's [[users]]: whoever shows this certificate.
struct ConfiguredUser {
  std::string name;
  std::string identity;  ///< name in the certificate, or its sha256: fingerprint
  access::Role role = access::Role::kNone;
};

/// Who may call, as the configuration says.
struct DoorRules {
  std::vector<ConfiguredUser> users;
  access::Role other_certificates = access::Role::kNone;  ///< of trusted certificates that no user has
  bool insecure = false;
};

/// Decides about each request before its body is read: who calls, by token or certificate, and whether its role is enough
/// for the route. With --insecure everybody is admin until a first user is made.
class Door {
 public:
  /// `users` outlives it.
  Door(DoorRules rules, const Users& users);

  /// For http::ServerOptions::gate; on the server's I/O thread only. 401, 403 or 429, or nothing and `request.caller`. The
  /// Authorization header is taken out of the request, so that no log or answer can show it.
  std::optional<http::Reply> judge(http::Request& request, const http::Route& route);

  /// For http::ServerOptions::still_welcome: whether the token with which an event stream was begun is still worth it. A certificate's
  /// streams end with its connection, which a reload closes.
  bool still_welcome(const access::Caller& caller, const http::Route& route) const;

  /// Holds from the next request on. Any thread.
  void reload(DoorRules rules);
  /// Whether anybody may call anything. Any thread.
  bool is_open() const;

 private:
  std::shared_ptr<const DoorRules> rules() const;
  std::optional<http::Reply> by_token(http::Request& request, std::string_view header);
  static std::optional<http::Reply> by_certificate(http::Request& request, const DoorRules& rules);

  mutable std::mutex mutex_;
  std::shared_ptr<const DoorRules> rules_;
  const Users& users_;
  access::GuessLimiter guesses_;  ///< on the I/O thread only
};

}  // namespace pai::master
