#include <memory>

#include "ctl/grammar.h"
#include "ctl/reach_master.h"

namespace pai::ctl {
namespace {

struct GivenList {
  ListOptions list;
  std::string output = "text";
};

struct ListVerb {
  CLI::App* app = nullptr;
  std::shared_ptr<GivenList> given;
};

ListVerb list_verb(Grammar& grammar, CLI::App* group, ListOptions::What what, const char* help, const std::string& example) {
  const auto given = std::make_shared<GivenList>();
  CLI::App* app = grammar.verb(group, "list", help, example, [given, what]() -> Result<Options> {
    ListOptions options = given->list;
    options.what = what;
    options.json = given->output == "json";
    return Options(std::move(options));
  });
  reach_master(app, given->list.master);
  output_flag(app, given->output);
  app->add_option("--limit", given->list.limit, "How many at most (100)")->type_name("N")->check(CLI::Range(1, 1000));
  return {app, given};
}

}  // namespace

void add_data(Grammar& grammar) {
  struct Given {
    std::string file, output = "text";
    std::vector<std::string> id_columns;
  };
  const auto given = std::make_shared<Given>();
  CLI::App* data = grammar.group("data", "Tables before a task reads them, and data sets that tasks made", ": paictl data check customers.csv --id customer_id");
  CLI::App* check = grammar.verb(
      data, "check", "Say what is in a CSV file, and what an alignment or a training would stumble over; nothing leaves this machine",
      "paictl data check customers.csv --id customer_id", [given]() -> Result<Options> {
        return Options(DataCheckOptions{given->file, given->id_columns, given->output == "json"});
      });
  check->add_option("FILE.csv", given->file, "The file")->type_name("FILE")->required();
  check->add_option("--id", given->id_columns, "The ID column, or one of several (the first of the file); may stand often")
      ->allow_extra_args(false);
  output_flag(check, given->output);

  const auto list = list_verb(grammar, data, ListOptions::What::kDatasets, "Data sets that a master's tasks made or will make: where, of what task, how many rows",
                              "paictl data list --status Finished");
  list.app->add_option("--status", list.given->list.status, "Only those of tasks in this state: Created, Running, Finished, Failed, Stopped")->type_name("STATE");
}

void add_node(Grammar& grammar) {
  CLI::App* node = grammar.group("node", "The nodes of a master", ": paictl node list --master https://master.example.org:8000 --ca trusted.pem");
  const auto list = list_verb(grammar, node, ListOptions::What::kNodes, "Nodes: whether the master reaches them, version, clock, days left of the certificate",
                              "paictl node list --status unreachable");
  list.app->add_option("--status", list.given->list.status, "Only these")->check(CLI::IsMember({"reachable", "unreachable"}));
}

}  // namespace pai::ctl
