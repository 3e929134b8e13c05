#include "node/policy/decide.h"

#include <algorithm>
#include <utility>

#include "common/base/ip_address.h"
#include "common/base/text.h"
#include "common/base/time.h"

namespace pai::node::policy {
namespace {

constexpr std::size_t kNamedMax = 5;  // columns that one sentence names

using Details = std::vector<ErrorDetail>;

std::string text_setting(const nlohmann::json& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 60) + "\"";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamedMax; ++i) text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  return names.size() > kNamedMax ? text + " and " + std::to_string(names.size() - kNamedMax) + " more" : text;
}

std::string own(std::string_view key) {
  return "client_config." + std::string(key);
}

std::string of_client(int client, std::string_view key) {
  return "clients[" + std::to_string(client) + "]." + std::string(key);
}

/// One grant held against one request.
class Comparison {
 public:
  Comparison(const Request& request, const Grant& grant) : request_(request), grant_(grant) {}

  Details missing(std::uint64_t used, std::int64_t now) && {
    who_and_what();
    data();
    if (grant_.until && now >= *grant_.until)
      add("", "grant '" + grant_.name + "' ended at " + utc_text(static_cast<double>(*grant_.until)));
    if (grant_.uses && used >= *grant_.uses) {
      add("", "grant '" + grant_.name + "' is used up: " + with_thousands(used) + " of " + with_thousands(*grant_.uses) +
                  " runs were made");
    }
    return std::move(details_);
  }

 private:
  void add(std::string where, std::string message) {
    details_.push_back({ErrorDetail::Kind::kPath, where.empty() ? own("client_type") : std::move(where), std::move(message)});
  }

  void who_and_what() {
    for (const auto& party : request_.parties) {
      const bool known = grant_.parties.empty() || std::any_of(grant_.parties.begin(), grant_.parties.end(),
                                                               [&](const auto& entry) { return is_party(entry, party); });
      if (known) continue;
      const std::string who = party.identity.empty() ? party.node : party.identity + " at " + party.node;
      add(of_client(party.client, party.identity.empty() ? "addr" : "identity"), "'" + printable(who) + "' is not granted to take part");
    }
    if (!grant_.types.empty() && !contains(grant_.types, request_.type))
      add(own("client_type"), "\"" + request_.type + "\" is not granted");
    if (!grant_.roles.empty() && !contains(grant_.roles, request_.role))
      add("clients[" + std::to_string(request_.client) + "].role", "\"" + request_.role + "\" is not granted");
    const std::string main = "client_config.";
    if (!request_.security.empty() && !contains(grant_.security, request_.security))
      add(of_client(request_.main, main + "security"), in_quotes(request_.security) + " is not granted");
    if (!request_.model_security.empty() && !contains(grant_.security, request_.model_security)) {
      add(of_client(request_.main, main + "model_task"),
          "a prediction by a model of security " + in_quotes(request_.model_security) + " is not granted");
    }
    for (const auto& [word, setting] : request_.reveals) {
      if (!contains(grant_.reveals, word)) add(setting, in_quotes(word) + " is not granted (reveals)");
    }
    if (!request_.psi.empty() && !grant_.psi.empty() && !contains(grant_.psi, request_.psi))
      add(of_client(request_.main, main + "psi"), in_quotes(request_.psi) + " is not granted");
    if (request_.min_intersection && *request_.min_intersection < grant_.min_intersection) {
      add(of_client(request_.main, main + "min_intersection"),
          with_thousands(*request_.min_intersection) + " is below the " + with_thousands(grant_.min_intersection) +
              " common rows that are granted");
    }
  }

  void data() {
    if (request_.raw.empty() && request_.dataset.empty()) {
      if (grant_.has_data()) add(own("client_type"), "a client without data of its own is not granted");
      return;
    }
    if (!request_.raw.empty()) {
      if (!covers(grant_.raw, request_.raw)) {
        add(own("raw_data_path"), "'" + printable(request_.raw) + "' is not granted");
        return;  // its columns are nobody's concern
      }
      if (!grant_.sha256.empty() && request_.sha256 && *request_.sha256 != grant_.sha256)
        add(own("raw_data_path"), "the file is not the one that is granted: its SHA-256 is another");
      id_columns();
    } else if (!dataset()) {
      return;
    }
    columns();
  }

  /// By its folder, or by the file that it was made from.
  bool dataset() {
    if (!covers(grant_.dataset, request_.dataset)) {
      if (grant_.raw.empty() || (request_.source && (request_.source->raw.empty() || !covers(grant_.raw, request_.source->raw)))) {
        add(own("data_path"), "'" + printable(request_.dataset) + "' is not granted" +
                                  (!grant_.raw.empty() && request_.source && request_.source->raw.empty()
                                       ? ", and does not say which raw file it was made from"
                                       : ""));
        return false;
      }
      if (!grant_.sha256.empty() && request_.source && request_.source->sha256 != grant_.sha256)
        add(own("data_path"), "it was not made from the state of the raw file that is granted");
    }
    if (request_.rows && grant_.rows_max && *request_.rows > *grant_.rows_max)
      add(own("data_path"), "it has more rows than the " + with_thousands(*grant_.rows_max) + " that are granted");
    if (request_.rows && *request_.rows < grant_.min_intersection)
      add(own("data_path"), "it has fewer rows than the " + with_thousands(grant_.min_intersection) + " that are granted");
    return true;
  }

  void id_columns() {
    if (!grant_.columns) return;
    std::vector<std::string> refused;
    for (const auto& name : request_.asked_id_columns) {
      if (contains(grant_.id_columns, name) || contains(*grant_.columns, name)) continue;
      if (!request_.first_column || name == *request_.first_column) continue;
      refused.push_back(name);
    }
    if (!refused.empty()) add(own("id_column"), listed(refused) + (refused.size() == 1 ? " is" : " are") + " not granted as an ID");
  }

  void columns() {
    if (!grant_.columns || !request_.columns) return;
    std::vector<std::string> refused;
    for (const auto& name : *request_.columns) {
      if (!contains(*grant_.columns, name)) refused.push_back(name);
    }
    if (refused.empty()) return;
    // Names that the task did not know itself are the owner's.
    if (request_.asks_all_columns) {
      add(own("columns"), "all columns are asked for, and only some are granted: name them");
    } else if (!request_.names_columns) {
      add(own("columns"), "some of the positions are not granted: name the columns");
    } else {
      add(own("columns"), listed(refused) + (refused.size() == 1 ? " is" : " are") + " not granted");
    }
  }

  const Request& request_;
  const Grant& grant_;
  Details details_;
};

/// For a shell; what needs no quotes has none.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:,@+%=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted_text = "'";
  for (const char c : text) quoted_text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted_text + "'";
}

std::string name_of(const Initiator& initiator) {
  if (!initiator) return "*";
  for (const auto& name : initiator->names) {
    if (!canonical_ip(name)) return name;
  }
  if (!initiator->names.empty()) return initiator->fingerprint;
  return initiator->common_name.empty() ? initiator->fingerprint : initiator->common_name;
}

std::string words_to_grant(const Request& request) {
  std::string command = "paictl grant add --data-dir DIR --initiator " + shell_word(name_of(request.initiator));
  if (!request.raw.empty()) command += " --raw " + shell_word(request.raw);
  if (!request.dataset.empty()) command += " --dataset " + shell_word(request.dataset);
  if (request.columns && request.names_columns) {
    for (const auto& name : *request.columns) command += " --column " + shell_word(name);
  }
  command += " --type " + request.type;
  std::vector<std::string> levels;
  for (const auto& level : {request.security, request.model_security}) {
    if (!level.empty() && !contains(levels, level)) levels.push_back(level);
  }
  if (levels != std::vector<std::string>{"full"}) {
    for (const auto& level : levels) command += " --security " + level;
  }
  for (const auto& [word, setting] : request.reveals) command += " --reveals " + word;
  return "the data owner decides, at its node: " + printable(command, 2'000);
}

Error refusal(const Request& request, Details details, const std::string& grant) {
  std::string message = grant.empty() ? "the data owner has granted '" + printable(name_of(request.initiator)) + "' nothing at this node"
                                      : "the data owner has not granted this: " + details.front().message;
  if (details.empty()) details.push_back({ErrorDetail::Kind::kPath, own("client_type"), message});
  return Error(ErrorCode::kDenied, std::move(message)).with_hint(words_to_grant(request)).with_details(std::move(details));
}

}  // namespace

bool is_initiator(const Grant& grant, const Initiator& initiator) {
  return grant.initiator == "*" || (initiator && tls::matches(*initiator, grant.initiator));
}

bool is_party(const std::string& entry, const Party& party) {
  if (entry == "*") return true;
  const bool speaks_for_address = party.identity.empty() || lower(party.identity) == lower(party.addr);
  if (entry == party.node) return speaks_for_address;
  return lower(entry) == lower(party.identity.empty() ? party.addr : party.identity);
}

namespace {

/// Of a training: who only uses a model reveals nothing more of it.
std::vector<std::pair<std::string, std::string>> reveals_of(const task::ClientSpec& main, const task::ClientSpec& self) {
  std::vector<std::pair<std::string, std::string>> reveals;
  const bool has_data = self.role == task::Role::kFeatureClient || self.role == task::Role::kLabelClient;
  if (!has_data || text_setting(main.settings, "mode") != "train") return reveals;
  if (text_setting(main.settings, "importance") == "gain") reveals.emplace_back("gain", of_client(main.id, "client_config.importance"));
  const auto roc = self.settings.find("report_roc");
  if (roc != self.settings.end() && *roc == true) reveals.emplace_back("roc", own("report_roc"));
  return reveals;
}

}  // namespace

Request request_of(const task::TaskSpec& spec, const task::ClientSpec& self, Initiator initiator) {
  const task::ClientSpec& main = spec.main_client();
  Request request;
  request.initiator = std::move(initiator);
  request.client = self.id;
  request.main = main.id;
  request.type = task::client_type_name(self.type);
  request.role = task::role_name(self.role);
  request.security = text_setting(main.settings, "security");
  request.psi = text_setting(main.settings, "psi");
  request.reveals = reveals_of(main, self);
  request.raw = text_setting(self.settings, "raw_data_path");
  request.dataset = text_setting(self.settings, "data_path");
  for (const auto& client : spec.clients) {
    if (client.node() != self.node()) request.parties.push_back({client.id, client.node(), client.addr, client.identity});
  }
  if (const auto least = main.settings.find("min_intersection"); least != main.settings.end() && least->is_number_integer())
    request.min_intersection = least->get<std::uint64_t>();
  if (const auto ids = self.settings.find("id_column"); ids != self.settings.end()) {
    if (ids->is_string()) request.asked_id_columns = {ids->get<std::string>()};
    if (ids->is_array()) request.asked_id_columns = ids->get<std::vector<std::string>>();
  }
  const auto columns = self.settings.find("columns");
  request.asks_all_columns = columns == self.settings.end();
  if (!request.asks_all_columns && columns->is_array()) {
    std::vector<std::string> names;
    bool named = true;
    for (const auto& column : *columns) {
      named = named && column.is_string();
      if (named) names.push_back(column.get<std::string>());
    }
    request.names_columns = named;
    if (named) request.columns = std::move(names);
  }
  return request;
}

Result<Allowed> decide(const Request& request, std::span<const Grant> grants, const Uses& uses, std::int64_t now) {
  const Grant* covering = nullptr;
  std::optional<std::pair<Details, std::string>> nearest_grant;
  for (const auto& grant : grants) {
    if (!is_initiator(grant, request.initiator)) continue;
    const auto used = uses.find(grant.name);
    auto missing = Comparison(request, grant).missing(used == uses.end() ? 0 : used->second, now);
    if (missing.empty()) {
      if (covering == nullptr || (covering->manual && !grant.manual)) covering = &grant;
    } else if (!nearest_grant || missing.size() < nearest_grant->first.size()) {
      nearest_grant.emplace(std::move(missing), grant.name);
    }
  }
  if (covering != nullptr) {
    return Allowed{covering->name, covering->manual, !covering->sha256.empty(), covering->min_intersection,
                   covering->rows_max, covering->uses};
  }
  if (!nearest_grant) return refusal(request, {}, "");
  return refusal(request, std::move(nearest_grant->first), nearest_grant->second);
}

}  // namespace pai::node::policy
