#include <memory>

#include "ctl/grammar.h"

namespace pai::ctl {
namespace {

struct Given {
  std::vector<std::string> files;
  std::string output = "text";
  int client = ExplainOptions::kEveryClient;

  bool json() const { return output == "json"; }
};

void output(CLI::App* app, Given& given) { output_flag(app, given.output); }

}  // namespace

void add_explain(Grammar& grammar) {
  const auto given = std::make_shared<Given>();
  CLI::App* app = grammar.verb(
      "explain", "Say in words what will leave each party of a task, and to whom, before it runs",
      "paictl explain task.json --client 1",
      [given]() -> Result<Options> { return Options(ExplainOptions{given->files.front(), given->client, given->json()}); });
  app->add_option("TASK.json", given->files, "The task as it is POSTed, or the task.json in a node's task folder")
      ->type_name("FILE")
      ->required()
      ->expected(1);
  app->add_option("--client", given->client, "This party alone: its place in `clients` from 0, -1 the last")
      ->check(CLI::Range(-1, 1000));
  output(app, *given);
}

void add_ledger(Grammar& grammar) {
  const auto given = std::make_shared<Given>();
  CLI::App* ledger = grammar.group("ledger", "What left a party: check, show and compare its ledgers of disclosures",
                                   ":\n"
                                   "  paictl ledger verify /var/lib/pai-node/tasks/credit_v1-1\n"
                                   "  paictl ledger compare ours.jsonl theirs.jsonl");

  CLI::App* verify = grammar.verb(
      ledger, "verify", "Find any edit, cut or reordering", "paictl ledger verify tasks/credit_v1-1/disclosures.jsonl",
      [given]() -> Result<Options> { return Options(LedgerVerifyOptions{given->files, given->json()}); });
  verify->add_option("LEDGER", given->files, "disclosures.jsonl, or a task folder that has one")->type_name("FILE")->required();
  output(verify, *given);

  CLI::App* show = grammar.verb(
      ledger, "show", "Sum what left by receiver and message type", "paictl ledger show tasks/credit_v1-1",
      [given]() -> Result<Options> { return Options(LedgerShowOptions{given->files.front(), given->json()}); });
  show->add_option("LEDGER", given->files, "disclosures.jsonl, or a task folder that has one")->type_name("FILE")->required()->expected(1);
  output(show, *given);

  CLI::App* compare = grammar.verb(
      ledger, "compare", "Hold two parties' ledgers of one task against each other",
      "paictl ledger compare ours.jsonl theirs.jsonl",
      [given]() -> Result<Options> { return Options(LedgerCompareOptions{given->files[0], given->files[1], given->json()}); });
  compare->add_option("LEDGER", given->files, "The two ledgers")->type_name("FILE")->required()->expected(2);
  output(compare, *given);
}

}  // namespace pai::ctl
