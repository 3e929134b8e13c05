// The web console's files. They are the same for everybody and say nothing of any task, so they need no sign-in.
#include "master/api/routes.h"
#include "master/console/assets.h"

namespace pai::master::api {
namespace {

using console::Asset;
using http::Reply;
using http::Request;

/// Only what this master serves may run, be shown or be called, and no other page may frame it.
constexpr std::string_view kPolicy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// If-None-Match is one tag, a list of them, or *.
bool has_it(const Request& request, std::string_view etag) {
  const auto header = request.headers.find("if-none-match");
  return header != request.headers.end() && (header->second == "*" || header->second.find(etag) != std::string::npos);
}

Reply serve(const Asset& asset, const Request& request) {
  const bool named_by_content = asset.path != "/";
  Reply reply{.content_type = std::string(asset.content_type), .body = ""};
  reply.headers = {{"ETag", std::string(asset.etag)},
                   {"Cache-Control", named_by_content ? "public, max-age=31536000, immutable" : "no-cache"},
                   {"Content-Security-Policy", std::string(kPolicy)},
                   {"Referrer-Policy", "no-referrer"},
                   {"X-Frame-Options", "DENY"},
                   {"Cross-Origin-Opener-Policy", "same-origin"},
                   {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (has_it(request, asset.etag)) {
    reply.status = 304;
  } else {
    reply.body = asset.body;
  }
  return reply;
}

}  // namespace

std::vector<DeclaredRoute> console_routes() {
  std::vector<DeclaredRoute> routes;
  for (const Asset& asset : console::assets()) {
    routes.push_back({.methods = {http::Method::kGet},
                      .path = std::string(asset.path),
                      .role = access::Role::kNone,
                      .handler = [asset](const Request& request) { return serve(asset, request); }});
  }
  return routes;
}

}  // namespace pai::master::api
