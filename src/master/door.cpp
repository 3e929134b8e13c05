#include "master/door.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "common/base/time.h"
#include "master/lifecycle.h"

namespace pai::master {
namespace {

using http::Reply;
using http::Request;

constexpr std::string_view kTokenCredential = "token:";  ///< what a caller's credential begins with, before the token's id

constexpr std::string_view kNoCredential = "none";     ///< of a door that is open

/// RFC 6750, section 3: no `error` where no token was shown.
Reply unauthenticated(Error error, bool token_shown) {
  Reply reply = http::error_reply(std::move(error));
  reply.headers.emplace_back("WWW-Authenticate", token_shown ? R"(Bearer realm="pai-master", error="invalid_token")"
                                                             : R"(Bearer realm="pai-master")");
  return reply;
}

Reply slowed_down(double wait_s) {
  const auto seconds = std::to_string(static_cast<long>(std::ceil(wait_s)));
  Reply reply = http::error_reply(Error(ErrorCode::kBusy, "too many wrong tokens came from this address")
                                      .with_hint("wait " + seconds + " s before the next one"));
  std::erase_if(reply.headers, [](const auto& header) { return header.first == "Retry-After"; });
  reply.headers.emplace_back("Retry-After", seconds);
  return reply;
}

Reply role_needed(const access::Caller& caller, const http::Route& route) {
  const auto needed = std::string(access::role_name(route.role));
  return http::error_reply(Error(ErrorCode::kDenied, route.path + " needs the role " + needed + "; " +
                                                         printable(caller.name) + " has " +
                                                         std::string(access::role_name(caller.role)))
                               .with_hint("ask an admin of this master"));
}

/// No user's name has an @, so a certificate that nobody listed cannot pass for a user.
std::string unlisted_name(const tls::PeerIdentity& identity) {
  constexpr std::size_t kFingerprintShown = 7 + 12;  // "sha256:" and enough digits to find it
  const auto& name = identity.names.empty() ? identity.common_name : identity.names.front();
  return printable(name) + "@" + identity.fingerprint.substr(0, kFingerprintShown);
}

}  // namespace

Door::Door(DoorRules rules, const Users& users)
    : rules_(std::make_shared<const DoorRules>(std::move(rules))), users_(users) {}

std::shared_ptr<const DoorRules> Door::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

void Door::reload(DoorRules rules) {
  auto fresh = std::make_shared<const DoorRules>(std::move(rules));
  const std::lock_guard lock(mutex_);
  rules_ = std::move(fresh);
}

bool Door::is_open() const { return rules()->insecure && !users_.any(); }

std::optional<Reply> Door::judge(Request& request, const http::Route& route) {
  std::string header;
  if (const auto found = request.headers.find("authorization"); found != request.headers.end()) {
    header = std::move(found->second);
    request.headers.erase(found);
  }
  if (route.role == access::Role::kNone) return std::nullopt;
  const auto held = rules();
  std::optional<Reply> refused;
  if (is_open()) {
    request.caller = {.name = {}, .credential = std::string(kNoCredential), .role = access::Role::kAdmin};
  } else if (!header.empty()) {
    refused = by_token(request, header);
    access::wipe(header);
  } else {
    refused = by_certificate(request, *held);
  }
  if (refused) return refused;
  if (request.caller.role < route.role) return role_needed(request.caller, route);
  return std::nullopt;
}

bool Door::still_welcome(const access::Caller& caller, const http::Route& route) const {
  const std::string_view credential = caller.credential;
  if (credential == kNoCredential) return is_open();
  if (!credential.starts_with(kTokenCredential)) return true;
  return users_.role_of(credential.substr(kTokenCredential.size()), unix_seconds()) >= std::max(route.role, access::Role::kViewer);
}

std::optional<Reply> Door::by_token(Request& request, std::string_view header) {
  const auto address = access::guesser_of(request.remote);
  const double now = steady_seconds();
  if (const double wait = guesses_.wait(address, now); wait > 0) return slowed_down(wait);
  const auto token = access::bearer_token(header);
  const auto verdict = token ? users_.check(*token, unix_seconds()) : Users::Verdict{};
  using Kind = Users::Verdict::Kind;
  if (verdict.kind == Kind::kUnknown) {
    guesses_.wrong(address, now);
    const char* what = token ? "this token is not known here" : "the Authorization header is not 'Bearer TOKEN'";
    return unauthenticated(Error(ErrorCode::kUnauthenticated, what), true);
  }
  request.caller = {.name = verdict.user.name, .credential = std::string(kTokenCredential) + verdict.user.token_id, .role = verdict.user.role};
  if (verdict.kind == Kind::kGood) return std::nullopt;
  // Whoever has the whole token is told why it is not taken: that gives nothing away, and is no guess.
  const bool revoked = verdict.kind == Kind::kRevoked;
  return unauthenticated(
      Error(ErrorCode::kUnauthenticated,
            revoked ? "this token was revoked" : "this token expired at " + utc_text(verdict.user.expires_at))
          .with_hint(revoked ? "ask an admin of this master" : "an admin can renew it: paictl user renew " + verdict.user.name),
      true);
}

std::optional<Reply> Door::by_certificate(Request& request, const DoorRules& rules) {
  if (!request.identity) {
    return unauthenticated(Error(ErrorCode::kUnauthenticated, "show a client certificate or a token")
                               .with_hint("Authorization: Bearer TOKEN; an admin makes one with paictl user add"),
                           false);
  }
  const auto& identity = *request.identity;
  request.caller.credential = "certificate:" + identity.fingerprint;
  const auto known = std::find_if(rules.users.begin(), rules.users.end(), [&](const ConfiguredUser& user) {
    return tls::matches(identity, user.identity);
  });
  request.caller.name = known != rules.users.end() ? known->name : unlisted_name(identity);
  request.caller.role = known != rules.users.end() ? known->role : rules.other_certificates;
  if (request.caller.role != access::Role::kNone) return std::nullopt;
  return http::error_reply(Error(ErrorCode::kDenied, "this certificate has no role at this master")
                               .with_hint("its name or fingerprint is in no [[users]] of the master's configuration"));
}

}  // namespace pai::master
