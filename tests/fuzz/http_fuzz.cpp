// What a stranger sends to a daemon's port, up to the point where somebody knows who it is: the parser as the server sets it up, fed in
// pieces (the first byte says how large), then the checks of the header. Whatever passes must say the same twice, and frame its body in one way.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>

#include "common/access/token.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/http/request_head.h"

namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::string_body>;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

void judge(Parser& parser) {
  const auto& message = parser.get();
  pai::http::RawHead raw;
  raw.method = view(message.method_string());
  raw.target = view(message.target());
  raw.version = static_cast<int>(message.version());
  for (const auto& field : message) raw.fields.emplace_back(view(field.name_string()), view(field.value()));
  const auto head = pai::http::check_head(raw, "https");
  if (!head.ok()) return;
  const auto& request = head->request;
  const bool length = request.headers.contains("content-length"), chunked = request.headers.contains("transfer-encoding");
  PAI_CHECK(!(length && chunked), "two framings passed");
  PAI_CHECK(!pai::invalid_utf8_at(request.path), "a path that is no text passed");
  PAI_CHECK(!pai::has_control_character(request.path), "a path with a control character passed");
  for (const auto& [name, value] : request.headers) PAI_CHECK(!pai::has_control_character(value), "a header with a control character passed");
  if (const auto found = request.headers.find("authorization"); found != request.headers.end()) {
    const auto token = pai::access::bearer_token(found->second);
    if (token) PAI_CHECK(token->find(' ') == std::string_view::npos, "a token with a blank passed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  std::string waiting;
  Parser parser;
  parser.header_limit(16 * 1024);
  parser.body_limit(boost::none);
  parser.eager(false);
  for (std::size_t at = 1; at < size; at += piece) {
    waiting.append(reinterpret_cast<const char*>(data) + at, std::min(piece, size - at));
    boost::beast::error_code fault;
    waiting.erase(0, parser.put(boost::asio::buffer(waiting), fault));
    if (parser.is_header_done()) {
      judge(parser);
      return 0;
    }
    if (fault && fault != beast_http::error::need_more) return 0;
  }
  return 0;
}
