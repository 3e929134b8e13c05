#include "ctl/daemon_grammar.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "common/access/token.h"

namespace pai::ctl {
namespace {

constexpr int kDaysMax = 3'650;

void prepare(CLI::App* app, const std::string& example) {
  app->set_help_flag("-h,--help", "Print this help");
  app->footer("Example: " + example);
  app->allow_extras();  // judged by the caller, which knows the nearest
}

}  // namespace

void DaemonGrammar::add_to(CLI::App& app) {
  add_user(app);
  add_audit(app);
  add_preflight(app);
}

void DaemonGrammar::reach_master(CLI::App* app) {
  app->add_option("--master", master_.url, "The master, https://HOST:PORT; http:// on loopback only")
      ->envname("PAI_MASTER")
      ->required();
  app->add_option("--ca", master_.ca, "PEM bundle of the authorities whose certificates are believed")->envname("PAI_CA");
  app->add_option("--cert", master_.certificate, "Own certificate, PEM; not needed with a token")->envname("PAI_CERT");
  app->add_option("--key", master_.key, "Its key, PEM")->envname("PAI_KEY");
  app->add_option("--token-file", master_.token_file, "File with a token; or put the token in the environment as PAI_TOKEN");
  app->add_option("-o,--output", output_, "text (the default) or json")->check(CLI::IsMember({"text", "json"}));
}

void DaemonGrammar::add_user(CLI::App& app) {
  user_app_ = app.add_subcommand("user", "Users of a master: who has a token, with which role");
  prepare(user_app_, "paictl user add alice --role operator --master https://master.example.org:8000 --ca trusted.pem");
  user_app_->require_subcommand(1);

  CLI::App* add = user_app_->add_subcommand("add", "Make a user and its token, which is shown once");
  prepare(add, "paictl user add alice --role operator --expires 30 --master https://master.example.org:8000");
  add->add_option("NAME", user_.name, "Name, as tasks and the audit log will show it")->required();
  add->add_option("--role", user_.role, "viewer reads, operator runs tasks, admin does everything")
      ->check(CLI::IsMember({"viewer", "operator", "admin"}))
      ->required();
  add->add_option("--expires", user_.days, "Days that the token holds (90)")->check(CLI::Range(1, kDaysMax));
  reach_master(add);

  CLI::App* list = user_app_->add_subcommand("list", "List users with their roles; no token is shown");
  prepare(list, "paictl user list --master https://master.example.org:8000");
  reach_master(list);

  CLI::App* renew = user_app_->add_subcommand("renew", "Make a new token for a user; the old one ends at once");
  prepare(renew, "paictl user renew alice --expires 30 --master https://master.example.org:8000");
  renew->add_option("NAME", user_.name, "The user")->required();
  renew->add_option("--expires", user_.days, "Days that the token holds (90)")->check(CLI::Range(1, kDaysMax));
  reach_master(renew);

  CLI::App* revoke = user_app_->add_subcommand("revoke", "End a user's token at once");
  prepare(revoke, "paictl user revoke alice --master https://master.example.org:8000");
  revoke->add_option("NAME", user_.name, "The user")->required();
  reach_master(revoke);
}

void DaemonGrammar::add_audit(CLI::App& app) {
  audit_app_ = app.add_subcommand("audit", "The audit log of a master or node");
  prepare(audit_app_, "paictl audit verify /var/lib/pai-master");
  audit_app_->require_subcommand(1);
  CLI::App* verify = audit_app_->add_subcommand("verify", "Find any edit, cut or reordering in an audit log");
  prepare(verify, "paictl audit verify /var/lib/pai-master/audit-000001.jsonl /var/lib/pai-master/audit.jsonl");
  verify->add_option("FILE", audit_.files, "Files of one log in any order, or the folder that holds them")->required();
}

void DaemonGrammar::add_preflight(CLI::App& app) {
  preflight_app_ = app.add_subcommand("preflight", "Say in one table whether master and nodes are ready for a task");
  prepare(preflight_app_,
          "paictl preflight task.json --master https://master.example.org:8000 --ca trusted.pem\n"
          "Exit codes: 0 all is fine, 1 something is wrong, 2 the master cannot be reached or does not allow it.");
  preflight_app_->add_option("TASK.json", preflight_.task_file, "A task: its nodes, ports and data files are looked at");
  reach_master(preflight_app_);
}

std::optional<Result<Options>> DaemonGrammar::options(const CLI::App& understood) const {
  if (&understood == preflight_app_) {
    PreflightOptions preflight = preflight_;
    preflight.master = master_;
    preflight.json = output_ == "json";
    return Result<Options>(Options(std::move(preflight)));
  }
  if (understood.get_parent() == audit_app_) return Result<Options>(Options(audit_));
  if (understood.get_parent() != user_app_) return std::nullopt;
  UserOptions user = user_;
  user.master = master_;
  user.json = output_ == "json";
  const std::string verb = understood.get_name();
  using Verb = UserOptions::Verb;
  user.verb = verb == "add" ? Verb::kAdd : verb == "renew" ? Verb::kRenew : verb == "revoke" ? Verb::kRevoke : Verb::kList;
  if (user.verb != Verb::kList) {
    if (const Status name = access::check_user_name(user.name); !name.ok()) return Result<Options>(name.error());
  }
  return Result<Options>(Options(std::move(user)));
}

}  // namespace pai::ctl
