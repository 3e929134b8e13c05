// Certificates and requests of strangers. The first byte chooses: PEM text as it is; DER that is wrapped as a
// request or as a certificate, so that what is found lies behind the base64; a request that is signed anew,
// so that it lies behind the signature. What is taken keeps its promises.
#include <openssl/pem.h>

#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/base/text.h"
#include "ctl/pki/authority.h"
#include "ctl/pki/bundle.h"
#include "ctl/pki/openssl.h"
#include "ctl/pki/request.h"
#include "ctl/pki/show.h"

namespace {

using namespace pai;
using namespace pai::ctl::pki;

constexpr std::int64_t kNow = 1'800'000'000;

std::string wrapped(const char* label, const std::string& der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), label, "", reinterpret_cast<const unsigned char*>(der.data()),
                static_cast<long>(der.size()));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

const Authority& authority() {
  static const Authority made = [] {
    Key key = *make_key(KeyType::kEd25519);
    const std::string pem = *make_authority(key, "Fuzz", {kNow, 3650});
    return *Authority::read(pem, std::move(key));
  }();
  return made;
}

/// The request with our key and a signature that holds, or nothing when it is none.
std::string signed_anew(const std::string& der) {
  static const Key key = *make_key(KeyType::kEd25519);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), nullptr) <= 0) {
    return {};
  }
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_REQ(request.get(), &bytes);
  if (size <= 0) return {};
  const std::string again(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return wrapped("CERTIFICATE REQUEST", again);
}

void check_names(const Names& names) {
  PAI_CHECK(names_from(names.common_name, names.alternatives()).ok(),
            "names that were taken are taken again");
  PAI_CHECK(names.common_name.find('/') == std::string::npos, "a name is a file name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string pem = data[0] % 4 == 0   ? rest
                          : data[0] % 4 == 1 ? wrapped("CERTIFICATE REQUEST", rest)
                          : data[0] % 4 == 2 ? wrapped("CERTIFICATE", rest)
                                             : signed_anew(rest);
  if (const auto request = read_request(pem); request.ok()) {
    check_names(request->names);
    const auto issued = authority().issue(request->key, request->names, {kNow, 1});
    PAI_CHECK(issued.ok(), "what was taken can be signed");
    const auto shown = read_shown(issued->pem);
    PAI_CHECK(shown.ok() && shown->front().kind == Shown::Kind::kParty, "no request makes a CA");
  }
  if (const auto shown = read_shown(pem); shown.ok()) {
    const std::string text = shown_as_text(*shown, kNow);
    std::string line;
    for (const char c : text) {
      if (c == '\n') continue;
      line += c;
    }
    PAI_CHECK(!has_control_character(line) && !invalid_utf8_at(line), "what is shown is fit for a terminal");
    (void)shown_as_json(*shown, kNow);
  }
  (void)make_bundle({{"fuzz.pem", pem}}, kNow).ok();
  PAI_CHECK(!authority().renew(pem, {kNow, 1}).ok(), "no stranger's certificate is renewed");
  return 0;
}
