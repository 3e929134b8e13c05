#include <memory>

#include "common/access/token.h"
#include "ctl/grammar.h"
#include "ctl/reach_master.h"

namespace pai::ctl {
namespace {

constexpr int kDaysMax = 3'650;

}  // namespace

void reach_master(CLI::App* app, MasterOptions& master) {
  app->add_option("--master", master.url, "The master, https://HOST:PORT; http:// on loopback only")->type_name("URL")->envname("PAI_MASTER")->group(kMasterFlags);
  const auto file = [&](const char* flag, std::string& given, const char* help) {
    return app->add_option(flag, given, help)->type_name("FILE")->group(kMasterFlags);
  };
  file("--ca", master.ca, "PEM bundle of the authorities whose certificates are believed")->envname("PAI_CA");
  file("--cert", master.certificate, "Own certificate, PEM; not needed with a token")->envname("PAI_CERT");
  file("--key", master.key, "Its key, PEM")->envname("PAI_KEY");
  file("--token-file", master.token_file, "File with a token, mode 0600; or put the token in the environment as PAI_TOKEN");
}

void add_user(Grammar& grammar) {
  using Verb = UserOptions::Verb;
  struct Given {
    UserOptions user;
    std::string output = "text";
  };
  const auto given = std::make_shared<Given>();
  CLI::App* group = grammar.group("user", "Users of a master: who has a token, with which role",
                                  ": paictl user add alice --role operator --master https://master.example.org:8000 --ca trusted.pem");
  const auto verb = [&](Verb which, const char* name, const char* help, const std::string& example) {
    CLI::App* app = grammar.verb(group, name, help, example, [given, which]() -> Result<Options> {
      UserOptions user = given->user;
      user.verb = which;
      user.json = given->output == "json";
      if (which != Verb::kList) PAI_TRY(access::check_user_name(user.name));
      return Options(std::move(user));
    });
    reach_master(app, given->user.master);
    output_flag(app, given->output);
    return app;
  };
  const auto expires = [&](CLI::App* app) {
    app->add_option("--expires", given->user.days, "Days that the token holds (90)")->type_name("DAYS")->check(CLI::Range(1, kDaysMax));
  };

  CLI::App* add = verb(Verb::kAdd, "add", "Make a user and its token, which is shown once",
                       "paictl user add alice --role operator --expires 30 --master https://master.example.org:8000");
  add->add_option("NAME", given->user.name, "Name, as tasks and the audit log will show it")->required();
  add->add_option("--role", given->user.role, "viewer reads, operator runs tasks, admin does everything")
      ->check(CLI::IsMember({"viewer", "operator", "admin"}))
      ->required();
  expires(add);
  verb(Verb::kList, "list", "List users with their roles; no token is shown", "paictl user list --master https://master.example.org:8000");
  CLI::App* renew = verb(Verb::kRenew, "renew", "Make a new token for a user; the old one ends at once",
                         "paictl user renew alice --expires 30 --master https://master.example.org:8000");
  renew->add_option("NAME", given->user.name, "The user")->required();
  expires(renew);
  CLI::App* revoke = verb(Verb::kRevoke, "revoke", "End a user's token at once", "paictl user revoke alice --master https://master.example.org:8000");
  revoke->add_option("NAME", given->user.name, "The user")->required();
}

void add_audit(Grammar& grammar) {
  struct Given {
    AuditOptions audit;
    std::string output = "text";
  };
  const auto given = std::make_shared<Given>();
  CLI::App* group = grammar.group("audit", "The audit log of a master or node", ": paictl audit verify /var/lib/pai-master");
  CLI::App* verify = grammar.verb(group, "verify", "Find any edit, cut or reordering in an audit log",
                                  "paictl audit verify /var/lib/pai-master/audit-000001.jsonl /var/lib/pai-master/audit.jsonl",
                                  [given]() -> Result<Options> { return Options(AuditOptions{given->audit.files, given->output == "json"}); });
  verify->add_option("FILE", given->audit.files, "Files of one log in any order, or the folder that holds them")->type_name("FILE")->required();
  output_flag(verify, given->output);
}

void add_preflight(Grammar& grammar) {
  struct Given {
    PreflightOptions preflight;
    std::string output = "text";
  };
  const auto given = std::make_shared<Given>();
  CLI::App* app = grammar.verb(
      "preflight", "Say in one table whether master and nodes are ready for a task",
      "paictl preflight task.json --master https://master.example.org:8000 --ca trusted.pem\n"
      "Exit codes: 0 all is fine, 1 something is wrong, 2 the master cannot be reached or does not allow it.",
      [given]() -> Result<Options> {
        PreflightOptions preflight = given->preflight;
        preflight.json = given->output == "json";
        return Options(std::move(preflight));
      });
  app->add_option("TASK.json", given->preflight.task_file, "A task: its nodes, ports and data files are looked at")->type_name("FILE");
  reach_master(app, given->preflight.master);
  output_flag(app, given->output);
}

}  // namespace pai::ctl
