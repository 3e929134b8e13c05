#include "ctl/master_call.h"

#include <cstdlib>

#include "common/access/token.h"
#include "common/http/server.h"
#include "common/log/trace.h"
#include "common/tls/tls.h"
#include "ctl/files.h"

namespace pai::ctl {
namespace {

struct Url {
  bool tls = false;
  http::Endpoint endpoint;
};

Result<Url> parse_url(std::string text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.erase(0, 8);
  } else if (text.starts_with("http://")) {
    text.erase(0, 7);
  } else {
    return Error(ErrorCode::kInvalid, "--master: it begins neither with https:// nor with http://");
  }
  if (text.ends_with('/')) text.pop_back();
  PAI_ASSIGN(const auto at, http::parse_host_port(text));
  url.endpoint = {.host = at.host, .port = at.port};
  if (!url.tls && !http::is_loopback(at.host)) {
    return Error(ErrorCode::kDenied, "--master: http:// would send everything in the clear to " + at.host)
        .with_hint("use https://; http:// is for a master on this machine");
  }
  return url;
}

Result<std::string> read_token(const MasterOptions& options) {
  std::string token;
  if (!options.token_file.empty()) {
    PAI_ASSIGN(const pki::Secret bytes, read_secret(options.token_file, "token"));
    token = bytes.view();
  } else if (const char* given = std::getenv("PAI_TOKEN")) {
    token = given;
  } else {
    return token;
  }
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (access::token_id(token)) return token;
  access::wipe(token);
  return Error(ErrorCode::kInvalid, (options.token_file.empty() ? "PAI_TOKEN" : options.token_file) + ": this is no token")
      .with_hint("a token is pai_, 8 and then 64 hex digits with _ between, as paictl user add printed it");
}

Result<std::optional<tls::Material>> read_tls(const MasterOptions& options, bool tls) {
  if (!tls) return std::optional<tls::Material>();
  if (options.ca.empty()) {
    return Error(ErrorCode::kInvalid, "--ca: is needed for https://, to know that it is the master")
        .with_hint("the bundle that your CA's keeper gave you, trusted.pem");
  }
  if (options.certificate.empty() && options.key.empty()) {
    PAI_ASSIGN(auto trusted, tls::load_trusted(options.ca));
    return std::optional<tls::Material>(std::move(trusted));
  }
  PAI_ASSIGN(auto material, tls::load({.certificate = options.certificate, .key = options.key, .trusted = options.ca,
                                       .allowed_peers = {}}));
  return std::optional<tls::Material>(std::move(material));
}

}  // namespace

Master::~Master() { access::wipe(token_); }

Result<Master> Master::reach(const MasterOptions& options) {
  PAI_ASSIGN(auto url, parse_url(options.url));
  PAI_ASSIGN(auto material, read_tls(options, url.tls));
  PAI_ASSIGN(auto token, read_token(options));
  return Master(http::Client::make(std::move(material)), std::move(url.endpoint), std::move(token));
}

Result<nlohmann::json> Master::call(http::Method method, std::string target, std::chrono::milliseconds timeout,
                                    std::string body) {
  http::Call call{.method = method, .target = std::move(target), .body = std::move(body), .bearer = token_, .timeout = timeout};
  const auto response = client_->call(endpoint_, call);
  access::wipe(call.bearer);
  if (!response.ok()) return response.error();
  if (response->status >= 400) {
    auto error = http::error_from_reply(response->status, response->body);
    // What went wrong there, and not here, is told by its logs and the nodes'.
    if (response->status >= 500) error = std::move(error).with_detail({ErrorDetail::Kind::kPath, "trace", log::current_trace().id_text()});
    return error;
  }
  auto document = nlohmann::json::parse(response->body, nullptr, false);
  if (document.is_object()) return document;
  return Error(ErrorCode::kProtocol, endpoint_.text() + " did not answer as a master does");
}

}  // namespace pai::ctl
