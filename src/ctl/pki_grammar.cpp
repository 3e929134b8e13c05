#include <memory>

#include "ctl/grammar.h"

namespace pai::ctl {
namespace {

constexpr int kDaysMax = 10'950;  // thirty years

/// What the flags fill; one set serves all verbs, of which one runs.
struct Given {
  std::string folder, name, key = "p256", out, request, certificate, file, output = "text";
  std::vector<std::string> alternatives, files;
  int days = 0;

  pki::KeyType key_type() const { return key == "ed25519" ? pki::KeyType::kEd25519 : pki::KeyType::kP256; }
  bool json() const { return output == "json"; }
  int days_or(int otherwise) const { return days == 0 ? otherwise : days; }
};

void folder(CLI::App* app, Given& given) {
  app->add_option("--dir", given.folder, "The CA's folder: ca.pem and ca.key")->type_name("DIR")->required();
}
void days(CLI::App* app, Given& given, int otherwise) {
  app->add_option("--days", given.days, "How long it holds (" + std::to_string(otherwise) + ")")
      ->check(CLI::Range(1, kDaysMax));
}
void key(CLI::App* app, Given& given) {
  app->add_option("--key", given.key, "Kind of the new key: p256 (ECDSA, the default) or ed25519")
      ->check(CLI::IsMember({"p256", "ed25519"}));
}
void names(CLI::App* app, Given& given) {
  app->add_option("--name", given.name,
                  "Name of the daemon or user: common name and file name, and one of its names for TLS "
                  "when it is a host name or an address")
      ->required();
  app->add_option("--san", given.alternatives,
                  "One more host name or IP address under which it is called; may stand often")
      ->allow_extra_args(false);
}

}  // namespace

void add_pki(Grammar& grammar) {
  const auto given = std::make_shared<Given>();
  CLI::App* pki =
      grammar.group("pki", "Certificates: a CA of one's own, certificates of it, whom to believe",
                    ", of an organisation with one node:\n"
                    "  paictl pki init --dir ca --name \"Bank A\"\n"
                    "  paictl pki issue --dir ca --name node-a --san node-a.bank.example --out node-a\n"
                    "  paictl pki bundle --out node-a/trusted.pem ca/ca.pem other-party-ca.pem");

  CLI::App* init = grammar.verb(pki, "init", "Make a CA", "paictl pki init --dir ca --name \"Bank A\"",
                                [given]() -> Result<Options> {
                                  PAI_TRY(pki::check_authority_name(given->name));
                                  return Options(InitOptions{given->folder, given->name, given->key_type(),
                                                             given->days_or(InitOptions{}.days), given->json()});
                                });
  init->add_option("--dir", given->folder, "Folder for ca.pem and ca.key; made if missing")->type_name("DIR")->required();
  init->add_option("--name", given->name, "The organisation's name, as the other parties will read it")->required();
  key(init, *given);
  days(init, *given, InitOptions{}.days);

  CLI::App* issue = grammar.verb(
      pki, "issue", "Make a key and its certificate for a daemon or a user",
      "paictl pki issue --dir ca --name node-a --san node-a.bank.example --san 10.0.0.5", [given]() -> Result<Options> {
        PAI_ASSIGN(pki::Names all, pki::names_from(given->name, given->alternatives));
        return Options(IssueOptions{given->folder, std::move(all), given->key_type(),
                                    given->days_or(IssueOptions{}.days), given->out, given->json()});
      });
  folder(issue, *given);
  names(issue, *given);
  key(issue, *given);
  days(issue, *given, IssueOptions{}.days);
  issue->add_option("--out", given->out, "Folder for NAME.pem and NAME.key (the CA's)")->type_name("DIR");

  CLI::App* request = grammar.verb(
      pki, "request", "Make a key that stays on this machine, and a request for its certificate",
      "paictl pki request --name node-a --san node-a.bank.example --out /etc/pai", [given]() -> Result<Options> {
        PAI_ASSIGN(pki::Names all, pki::names_from(given->name, given->alternatives));
        return Options(RequestOptions{std::move(all), given->key_type(), given->out.empty() ? "." : given->out, given->json()});
      });
  names(request, *given);
  key(request, *given);
  request->add_option("--out", given->out, "Folder for NAME.key and NAME.csr (the current one)")->type_name("DIR");

  CLI::App* sign = grammar.verb(pki, "sign", "Sign a request that was made on another machine",
                                "paictl pki sign --dir ca --request node-a.csr --name node-a",
                                [given]() -> Result<Options> {
                                  return Options(SignOptions{given->folder, given->request, given->name,
                                                             given->days_or(SignOptions{}.days), given->out, given->json()});
                                });
  folder(sign, *given);
  sign->add_option("--request", given->request, "The request (.csr); look at it first: paictl pki show FILE")->type_name("FILE")->required();
  sign->add_option("--name", given->name, "Sign only if the request is for this name");
  days(sign, *given, SignOptions{}.days);
  sign->add_option("--out", given->out, "Folder for NAME.pem (the CA's)")->type_name("DIR");

  CLI::App* renew = grammar.verb(pki, "renew", "Make a new certificate for the same key and names",
                                 "paictl pki renew --dir ca --certificate node-a/node-a.pem",
                                 [given]() -> Result<Options> {
                                   return Options(RenewOptions{given->folder, given->certificate,
                                                               given->days_or(RenewOptions{}.days), given->out, given->json()});
                                 });
  folder(renew, *given);
  renew->add_option("--certificate", given->certificate, "The certificate that is to be renewed")->type_name("FILE")->required();
  days(renew, *given, RenewOptions{}.days);
  renew->add_option("--out", given->out, "Folder for NAME.pem (in the old one's place, which is kept as .old)")->type_name("DIR");

  CLI::App* bundle = grammar.verb(pki, "bundle", "Put several CAs into one file of whom to believe",
                                  "paictl pki bundle --out trusted.pem ca/ca.pem insurer-ca.pem",
                                  [given]() -> Result<Options> { return Options(BundleOptions{given->out, given->files, given->json()}); });
  bundle->add_option("--out", given->out, "The new file")->type_name("FILE")->required();
  bundle->add_option("CA.pem", given->files, "CA certificates")->type_name("FILE")->required();

  CLI::App* show = grammar.verb(
      pki, "show", "Say what a certificate, a bundle or a request holds", "paictl pki show node-a.pem -o json",
      [given]() -> Result<Options> { return Options(ShowOptions{given->file, given->json()}); });
  show->add_option("FILE", given->file, "PEM file")->type_name("FILE")->required();
  for (CLI::App* verb : {init, issue, request, sign, renew, bundle, show}) output_flag(verb, given->output);
}

}  // namespace pai::ctl
