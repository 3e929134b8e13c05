#include "ctl/user_verbs.h"

#include <algorithm>
#include <vector>

#include "common/base/text.h"
#include "ctl/master_call.h"
#include "ctl/table.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 200) : "";
}

json object_of(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_object() ? *found : json::object();
}

std::string made_text(const json& answer, std::string_view what) {
  const json user = object_of(answer, "user");
  const std::string name = text_of(user, "name");
  return std::string(what) + " " + name + " (" + text_of(user, "role") + "); the token holds until " +
         text_of(user, "expires_at") + " and is not shown again:\n\n  " + text_of(answer, "token") + "\n\n" +
         "Give it to " + name + " over a channel that you trust. It is used so:\n" +
         "  curl --cacert trusted.pem -H @header https://…    # the file header, mode 0600: Authorization: Bearer pai_…\n";
}

std::string list_text(const json& answer) {
  Table table({"NAME", "ROLE", "TOKEN", "MADE BY", "EXPIRES", "REVOKED"});
  const auto users = answer.find("users");
  if (users == answer.end() || !users->is_array()) return table.text();
  for (const auto& user : *users) {
    if (!user.is_object()) continue;
    table.add({text_of(user, "name"), text_of(user, "role"), text_of(user, "token_id"), text_of(user, "created_by"),
               text_of(user, "expires_at"), text_of(user, "revoked_at")});
  }
  return table.text();
}

}  // namespace

Result<std::string> run_user(const UserOptions& options) {
  PAI_ASSIGN(Master master, Master::reach(options.master));
  const std::string name = "?name=" + http::encode(options.name);
  const std::string days = "&expires_days=" + std::to_string(options.days);
  using Verb = UserOptions::Verb;
  using http::Method;
  json answer;
  std::string text;
  switch (options.verb) {
    case Verb::kAdd: {
      PAI_ASSIGN(answer, master.call(Method::kPost, "/addUser" + name + "&role=" + options.role + days));
      text = made_text(answer, "made");
      break;
    }
    case Verb::kRenew: {
      PAI_ASSIGN(answer, master.call(Method::kPost, "/renewUser" + name + days));
      text = made_text(answer, "renewed");
      break;
    }
    case Verb::kRevoke: {
      PAI_ASSIGN(answer, master.call(Method::kPost, "/revokeUser" + name));
      text = "revoked " + options.name + "; the token is worth nothing from now on\n";
      break;
    }
    case Verb::kList: {
      PAI_ASSIGN(answer, master.call(Method::kGet, "/listUsers"));
      text = list_text(answer);
      break;
    }
  }
  return options.json ? answer.dump(2) + "\n" : text;
}

}  // namespace pai::ctl
