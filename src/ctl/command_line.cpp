#include "ctl/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>

#include "common/base/text.h"
#include "ctl/owner/grammar.h"

namespace pai::ctl {
namespace {

constexpr int kDaysMax = 10'950;  // thirty years

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 cannot reach or not allowed, 64 wrong use of the command line.";

/// What the flags fill; one set serves all verbs, of which one runs.
struct Given {
  std::string folder, name, key = "p256", out, request, certificate, file, output = "text";
  std::vector<std::string> alternatives, files;
  int days = 0;
};

pki::KeyType key_type(const Given& given) {
  return given.key == "ed25519" ? pki::KeyType::kEd25519 : pki::KeyType::kP256;
}

class Grammar {
 public:
  Grammar() : app_("paictl: the tool of whoever installs, runs and audits PAI.", "paictl") {
    app_.set_version_flag("--version", std::string("paictl ") + PAI_VERSION, "Print the version");
    prepare(app_, std::string("Example: paictl pki init --dir ca --name \"Bank A\"\n") + kExitCodes);
    app_.require_subcommand(1);
    pki_ = app_.add_subcommand("pki", "Certificates: a CA of one's own, certificates of it, whom to believe");
    prepare(*pki_,
            "Example, of an organisation with one node:\n"
            "  paictl pki init --dir ca --name \"Bank A\"\n"
            "  paictl pki issue --dir ca --name node-a --san node-a.bank.example --out node-a\n"
            "  paictl pki bundle --out node-a/trusted.pem ca/ca.pem other-party-ca.pem");
    pki_->require_subcommand(1);
    add_verbs();
    owner_.add_to(app_, [this](CLI::App& app, const std::string& footer) { prepare(app, footer); });
  }

  Result<Options> read(const std::vector<std::string>& arguments) {
    try {
      app_.parse(
          std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
    } catch (const CLI::CallForHelp&) {
      return Options(PrintOptions{app_.help()});
    } catch (const CLI::CallForVersion&) {
      return Options(PrintOptions{app_.version() + "\n"});
    } catch (const CLI::ParseError& fault) {
      // A mistyped flag also makes the right one missing; the mistyped one is the cause.
      if (auto unknown = unknown_argument()) return std::move(*unknown);
      if (auto incomplete = missing_verb()) return std::move(*incomplete);
      return usage(fault.what());
    }
    if (auto unknown = unknown_argument()) return std::move(*unknown);
    return options();
  }

 private:
  void prepare(CLI::App& app, const std::string& footer) {
    app.set_help_flag("-h,--help", "Print this help");
    app.footer(footer);
    app.allow_extras();  // judged by unknown_argument, which knows the nearest
  }

  CLI::App* verb(const char* name, const char* help, const char* example) {
    CLI::App* app = pki_->add_subcommand(name, help);
    prepare(*app, std::string("Example: ") + example);
    return app;
  }

  void folder(CLI::App* app) {
    app->add_option("--dir", given_.folder, "The CA's folder: ca.pem and ca.key")->required();
  }
  void days(CLI::App* app, int otherwise) {
    app->add_option("--days", given_.days, "How long it holds (" + std::to_string(otherwise) + ")")
        ->check(CLI::Range(1, kDaysMax));
  }
  void key(CLI::App* app) {
    app->add_option("--key", given_.key, "Kind of the new key: p256 (ECDSA, the default) or ed25519")
        ->check(CLI::IsMember({"p256", "ed25519"}));
  }
  void names(CLI::App* app) {
    app->add_option("--name", given_.name,
                    "Name of the daemon or user: common name and file name, and one of its names for TLS "
                    "when it is a host name or an address")
        ->required();
    app->add_option("--san", given_.alternatives,
                    "One more host name or IP address under which it is called; may stand often")
        ->allow_extra_args(false);
  }

  void add_verbs() {
    CLI::App* init = verb("init", "Make a CA", "paictl pki init --dir ca --name \"Bank A\"");
    init->add_option("--dir", given_.folder, "Folder for ca.pem and ca.key; made if missing")->required();
    init->add_option("--name", given_.name, "The organisation's name, as the other parties will read it")
        ->required();
    key(init);
    days(init, InitOptions{}.days);

    CLI::App* issue =
        verb("issue", "Make a key and its certificate for a daemon or a user",
             "paictl pki issue --dir ca --name node-a --san node-a.bank.example --san 10.0.0.5");
    folder(issue);
    names(issue);
    key(issue);
    days(issue, IssueOptions{}.days);
    issue->add_option("--out", given_.out, "Folder for NAME.pem and NAME.key (the CA's)");

    CLI::App* request =
        verb("request", "Make a key that stays on this machine, and a request for its certificate",
             "paictl pki request --name node-a --san node-a.bank.example --out /etc/pai");
    names(request);
    key(request);
    request->add_option("--out", given_.out, "Folder for NAME.key and NAME.csr (the current one)");

    CLI::App* sign = verb("sign", "Sign a request that was made on another machine",
                          "paictl pki sign --dir ca --request node-a.csr --name node-a");
    folder(sign);
    sign->add_option("--request", given_.request,
                     "The request (.csr); look at it first: paictl pki show FILE")
        ->required();
    sign->add_option("--name", given_.name, "Sign only if the request is for this name");
    days(sign, SignOptions{}.days);
    sign->add_option("--out", given_.out, "Folder for NAME.pem (the CA's)");

    CLI::App* renew = verb("renew", "Make a new certificate for the same key and names",
                           "paictl pki renew --dir ca --certificate node-a/node-a.pem");
    folder(renew);
    renew->add_option("--certificate", given_.certificate, "The certificate that is to be renewed")
        ->required();
    days(renew, RenewOptions{}.days);
    renew->add_option("--out", given_.out,
                      "Folder for NAME.pem (in the old one's place, which is kept as .old)");

    CLI::App* bundle = verb("bundle", "Put several CAs into one file of whom to believe",
                            "paictl pki bundle --out trusted.pem ca/ca.pem insurer-ca.pem");
    bundle->add_option("--out", given_.out, "The new file")->required();
    bundle->add_option("CA.pem", given_.files, "CA certificates")->required();

    CLI::App* show = verb("show", "Say what a certificate, a bundle or a request holds",
                          "paictl pki show node-a.pem -o json");
    show->add_option("FILE", given_.file, "PEM file")->required();
    show->add_option("-o,--output", given_.output, "text (the default) or json")
        ->check(CLI::IsMember({"text", "json"}));
  }

  Error usage(const std::string& what) const {
    return Error(ErrorCode::kInvalid, what).with_hint(path_of(understood()) + " --help");
  }

  /// The deepest command that was understood.
  const CLI::App& understood() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return *app;
  }

  std::optional<Error> unknown_argument() const {
    for (const CLI::App* app = &app_;; app = app->get_subcommands().front()) {
      if (const auto extras = app->remaining(); !extras.empty()) return unknown(*app, extras.front());
      if (app->get_subcommands().empty()) return std::nullopt;
    }
  }

  std::optional<Error> missing_verb() const {
    const CLI::App& app = understood();
    std::string verbs;
    for (const auto* verb : app.get_subcommands({})) verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
    if (verbs.empty()) return std::nullopt;
    return usage(path_of(app) + " wants a verb: " + verbs);
  }

  static Error unknown(const CLI::App& app, const std::string& argument) {
    const bool flag = argument.starts_with("-");
    const std::string given = argument.substr(0, argument.find('='));
    std::vector<std::string> known;
    if (flag) {
      for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
      }
    } else {
      for (const auto* verb : app.get_subcommands({})) known.push_back(verb->get_name());
    }
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    std::string message = flag            ? "unknown flag " + printable(given)
                          : known.empty() ? "'" + printable(given) + "' is one argument too many"
                                          : "'" + printable(given) + "' is no verb of " + path_of(app);
    if (const auto meant = nearest(given, candidates))
      message += "; did you mean " + std::string(*meant) + "?";
    return Error(ErrorCode::kInvalid, std::move(message)).with_hint(path_of(app) + " --help");
  }

  static std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
  }

  Result<Options> options() {
    if (auto owner = owner_.options(understood())) return Options(*std::move(owner));
    const std::string verb = understood().get_name();
    const auto days_or = [&](int otherwise) { return given_.days == 0 ? otherwise : given_.days; };
    if (verb == "init") {
      PAI_TRY(pki::check_authority_name(given_.name));
      return Options(InitOptions{given_.folder, given_.name, key_type(given_), days_or(InitOptions{}.days)});
    }
    if (verb == "issue") {
      PAI_ASSIGN(pki::Names names, pki::names_from(given_.name, given_.alternatives));
      return Options(IssueOptions{given_.folder, std::move(names), key_type(given_),
                                  days_or(IssueOptions{}.days), given_.out});
    }
    if (verb == "request") {
      PAI_ASSIGN(pki::Names names, pki::names_from(given_.name, given_.alternatives));
      return Options(
          RequestOptions{std::move(names), key_type(given_), given_.out.empty() ? "." : given_.out});
    }
    if (verb == "sign") {
      return Options(
          SignOptions{given_.folder, given_.request, given_.name, days_or(SignOptions{}.days), given_.out});
    }
    if (verb == "renew") {
      return Options(
          RenewOptions{given_.folder, given_.certificate, days_or(RenewOptions{}.days), given_.out});
    }
    if (verb == "bundle") return Options(BundleOptions{given_.out, given_.files});
    return Options(ShowOptions{given_.file, given_.output == "json"});
  }

  CLI::App app_;
  CLI::App* pki_ = nullptr;
  OwnerGrammar owner_;
  Given given_;
};

}  // namespace

Result<Options> read_command_line(const std::vector<std::string>& arguments) {
  return Grammar().read(arguments);
}

}  // namespace pai::ctl
