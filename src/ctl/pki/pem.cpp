#include "ctl/pki/pem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>

#include <array>

#include "common/base/text.h"

namespace pai::ctl::pki {
namespace {

/// True when reading stopped because there is no further block, and not because one is broken. Empties the
/// queue.
bool at_end() {
  const unsigned long last = ERR_peek_last_error();
  ERR_clear_error();
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

template <class Write>
Result<std::string> written(const Write& write, std::string_view what) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return openssl_fault(what);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Result<std::string> utf8_of(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, text);
  if (length < 0) {
    ERR_clear_error();
    return Error(ErrorCode::kInvalid, "a part of the subject is no text");
  }
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return out;
}

Result<std::string> alternative_of(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return bytes_of(name->d.dNSName);
  if (name->type == GEN_IPADD) {
    const int length = ASN1_STRING_length(name->d.iPAddress);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (length != 4 && length != 16)
      return Error(ErrorCode::kInvalid, "an IP address has neither 4 nor 16 bytes");
    inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text.data(),
              text.size());
    return std::string(text.data());
  }
  return Error(ErrorCode::kInvalid,
               "an alternative name is neither a host name nor an IP address (mail, URI or another kind)");
}

}  // namespace

Result<std::vector<CertificatePtr>> certificates_from(const std::string& pem) {
  ERR_clear_error();
  const BioPtr bio = tls::memory_bio(pem);
  std::vector<CertificatePtr> all;
  while (CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)})
    all.push_back(std::move(one));
  if (!at_end()) {
    return Error(ErrorCode::kInvalid,
                 "certificate " + std::to_string(all.size() + 1) + " of the file is broken");
  }
  if (all.empty()) {
    return Error(ErrorCode::kInvalid, "the file holds no PEM certificate")
        .with_hint("a DER file becomes PEM with: openssl x509 -inform DER -in FILE -out FILE.pem");
  }
  return all;
}

Result<RequestPtr> request_from(const std::string& pem) {
  ERR_clear_error();
  const BioPtr bio = tls::memory_bio(pem);
  RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, no_password, nullptr));
  if (!request) {
    return at_end() ? Error(ErrorCode::kInvalid, "the file holds no PEM certificate request")
                          .with_hint("`paictl pki request` makes one, where the key is to stay")
                    : Error(ErrorCode::kInvalid, "the certificate request is broken");
  }
  const RequestPtr second(PEM_read_bio_X509_REQ(bio.get(), nullptr, no_password, nullptr));
  if (second || !at_end()) {
    return Error(ErrorCode::kInvalid, "the file holds more than one certificate request")
        .with_hint("sign them one by one");
  }
  return request;
}

Result<std::string> to_pem(X509* certificate) {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }, "write a certificate");
}

Result<std::string> to_pem(X509_REQ* request) {
  return written([&](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request); }, "write a request");
}

std::string name_text(const X509_NAME* name) {
  // RFC 4514 escapes controls; UTF-8 stays readable.
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  const auto text =
      written([&](BIO* bio) { return X509_NAME_print_ex(bio, name, 0, flags) >= 0 ? 1 : 0; }, "print a name");
  ERR_clear_error();
  return text.ok() ? printable(*text, 400) : "unreadable";
}

Result<Names> names_of(X509_NAME* subject, const GENERAL_NAMES* alternatives,
                       std::vector<std::string>& left_out) {
  std::string common_name;
  int common_names = 0;
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    PAI_ASSIGN(std::string value, utf8_of(X509_NAME_ENTRY_get_data(entry)));
    if (nid == NID_commonName) {
      ++common_names;
      common_name = std::move(value);
    } else {
      const char* name = nid == NID_undef ? nullptr : OBJ_nid2sn(nid);
      left_out.push_back("subject " + std::string(name != nullptr ? name : "part") + "=" + printable(value));
    }
  }
  if (common_names > 1) return Error(ErrorCode::kInvalid, "the subject has several common names");
  std::vector<std::string> others;
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    PAI_ASSIGN(std::string one, alternative_of(sk_GENERAL_NAME_value(alternatives, i)));
    others.push_back(std::move(one));
  }
  if (common_names == 0 && others.empty()) return Error(ErrorCode::kInvalid, "it has no name");
  if (common_names == 0) common_name = others.front();
  return names_from(common_name, others);
}

}  // namespace pai::ctl::pki
