#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ctl/grammar.h"

namespace pai::ctl {
namespace {

constexpr const char* kDataDirVariable = "PAI_NODE_DATA_DIR";

/// What the flags fill. Lists as often as they are given.
struct Given {
  std::string data_dir = "/var/lib/pai-node", output = "text";
  std::string name, initiator, sha256, until, approval, task, task_file, policy_file, digest, reason;
  std::vector<std::string> parties, raw, datasets, columns, id_columns, types, roles, security, reveals, psi;
  std::uint64_t uses = 0, min_intersection = 0, rows_max = 0;
  int client = -1;
  CLI::App *add = nullptr, *list = nullptr, *revoke = nullptr, *check = nullptr, *pending = nullptr, *approve = nullptr,
           *reject = nullptr;
};

/// What was asked for, when `understood` is the verb.
OwnerOptions options_of(const Given& given, const CLI::App& understood) {
  OwnerOptions options{.data_dir = given.data_dir, .command = nlohmann::json::object(), .json = given.output == "json"};
  auto& command = options.command;
  const auto text = [](nlohmann::json& to, const char* key, const std::string& value) {
    if (!value.empty()) to[key] = value;
  };
  if (&understood == given.add) {
    auto grant = nlohmann::json::object();
    const auto list = [&](const char* key, const std::vector<std::string>& values) {
      if (!values.empty()) grant[key] = values;
    };
    const auto number = [&](const char* key, std::uint64_t value) {
      if (value != 0) grant[key] = value;
    };
    text(grant, "name", given.name);
    grant["initiator"] = given.initiator;
    list("parties", given.parties);
    list("raw", given.raw);
    list("dataset", given.datasets);
    text(grant, "sha256", given.sha256);
    list("columns", given.columns);
    list("id_columns", given.id_columns);
    list("types", given.types);
    list("roles", given.roles);
    list("security", given.security);
    list("reveals", given.reveals);
    list("psi", given.psi);
    text(grant, "until", given.until);
    number("uses", given.uses);
    number("min_intersection", given.min_intersection);
    number("rows_max", given.rows_max);
    text(grant, "approval", given.approval);
    command = {{"command", "grant_add"}, {"grant", std::move(grant)}};
  } else if (&understood == given.list) {
    command["command"] = "grant_list";
  } else if (&understood == given.revoke) {
    command = {{"command", "grant_revoke"}, {"name", given.name}};
  } else if (&understood == given.check) {
    command["command"] = given.policy_file.empty() ? "grant_check" : "policy_check";
    text(command, "initiator", given.initiator);
    options.task_file = given.task_file;
    options.policy_file = given.policy_file;
  } else if (&understood == given.pending) {
    command["command"] = "pending";
  } else if (&understood == given.approve) {
    command = {{"command", "approve"}, {"task", given.task}};
    text(command, "digest", given.digest);
  } else {  // reject
    command = {{"command", "reject"}, {"task", given.task}};
    text(command, "reason", given.reason);
  }
  if (given.client >= 0) command["client"] = static_cast<unsigned>(given.client);
  return options;
}

}  // namespace

void add_owner(Grammar& grammar) {
  const auto shared = std::make_shared<Given>();
  Given& given = *shared;
  const auto verb = [&](CLI::App* group, const char* name, const char* help, const std::string& example) {
    const auto self = std::make_shared<const CLI::App*>(nullptr);
    Grammar::Make make = [shared, self]() -> Result<Options> { return Options(options_of(*shared, **self)); };
    CLI::App* made = group != nullptr ? grammar.verb(group, name, help, example, std::move(make))
                                      : grammar.verb(name, help, example, std::move(make));
    *self = made;
    made->add_option("--data-dir", given.data_dir, "The node's --data-dir on this machine (/var/lib/pai-node)")->type_name("DIR")->envname(kDataDirVariable);
    output_flag(made, given.output);
    return made;
  };
  const auto many = [](CLI::App* to, const char* flag, std::vector<std::string>& into, const char* help) {
    to->add_option(flag, into, help)->allow_extra_args(false);
  };
  const auto client = [&](CLI::App* to) {
    to->add_option("--client", given.client, "Id of the one client that is meant")->check(CLI::Range(0, 1'000));
  };

  CLI::App* grant = grammar.group("grant", "What this node's owner allows, to whom and until when",
                                  std::string(":\n"
                                              "  paictl grant add --data-dir /var/lib/pai-node --initiator master.bank.example --raw loans.csv\n"
                                              "  paictl grant list --data-dir /var/lib/pai-node\n"
                                              "On the node's own machine, as the node's user or root. ") +
                                      kDataDirVariable + " may stand for --data-dir.");

  given.add = verb(grant, "add", "Allow something from now on",
                   "paictl grant add --data-dir DIR --initiator master --raw loans.csv --column age --until 2026-12-31");
  given.add->add_option("--name", given.name, "Name of the grant (grant-1, grant-2, ...)");
  given.add->add_option("--initiator", given.initiator, "The master: a name in its certificate, its sha256: fingerprint, or '*'")->required();
  many(given.add, "--party", given.parties, "Whom other clients may belong to: identity or ADDRESS:PORT of a node; may stand often (anybody)");
  many(given.add, "--raw", given.raw, "Raw file below raw/, FOLDER/* or '*'; may stand often");
  many(given.add, "--dataset", given.datasets, "Data set below datasets/, FOLDER/* or '*'; may stand often");
  given.add->add_option("--sha256", given.sha256, "Only while the one raw file has this SHA-256");
  many(given.add, "--column", given.columns, "Column; may stand often (all)");
  many(given.add, "--id-column", given.id_columns, "Column that may be the ID beside the file's first; may stand often");
  many(given.add, "--type", given.types, "Client type; may stand often (all)");
  many(given.add, "--role", given.roles, "Role; may stand often (all)");
  many(given.add, "--security", given.security, "Security level of trainings, and of models that predict: full, split, relaxed; may stand often (full)");
  many(given.add, "--reveals", given.reveals, "What a training may open beyond its level: gain, roc; may stand often (neither)");
  many(given.add, "--psi", given.psi, "Way of matching IDs: prf, ecdh; may stand often (both)");
  given.add->add_option("--until", given.until, "Last day (2026-12-31) or end (2026-12-31T18:00:00Z)");
  given.add->add_option("--uses", given.uses, "How many runs")->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53));
  given.add->add_option("--min-intersection", given.min_intersection, "Fewest common rows")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53));
  given.add->add_option("--rows-max", given.rows_max, "Most rows of the file or data set")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53));
  given.add->add_option("--approval", given.approval, "manual: each task waits for paictl approve")
      ->check(CLI::IsMember({"manual", "automatic"}));

  given.list = verb(grant, "list", "Show the grants that hold", "paictl grant list --data-dir /var/lib/pai-node");
  given.revoke = verb(grant, "revoke", "End a grant, and stop what rests on it", "paictl grant revoke --data-dir DIR grant-1");
  given.revoke->add_option("NAME", given.name, "The grant")->required();

  given.check = verb(grant, "check", "Try a task, or a policy file, without changing anything",
                     "paictl grant check --data-dir DIR --task task.json --initiator master");
  given.check->add_option("--task", given.task_file, "Task document (JSON)")->type_name("FILE");
  given.check->add_option("--initiator", given.initiator, "Whose task it would be; nobody's in particular if absent");
  given.check->add_option("--policy", given.policy_file, "Policy file (TOML)")->type_name("FILE");
  client(given.check);

  given.pending = verb(nullptr, "pending", "Show the tasks that wait for this node's owner", "paictl pending --data-dir /var/lib/pai-node");
  given.approve = verb(nullptr, "approve", "Let a waiting task run, as it stands", "paictl approve --data-dir DIR credit_v1 --digest 1f0c9a2b");
  given.approve->add_option("TASK", given.task, "The task")->required();
  given.approve->add_option("--digest", given.digest, "Approve only what has this digest (its first 8 digits or more), as paictl pending shows it");
  client(given.approve);
  given.reject = verb(nullptr, "reject", "Refuse a waiting task for good", "paictl reject --data-dir DIR credit_v1 --reason \"not this quarter\"");
  given.reject->add_option("TASK", given.task, "The task")->required();
  given.reject->add_option("--reason", given.reason, "For the master and its users");
  client(given.reject);
}

}  // namespace pai::ctl
