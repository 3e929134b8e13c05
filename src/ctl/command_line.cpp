#include "ctl/command_line.h"

#include "ctl/grammar.h"

namespace pai::ctl {

namespace {

void add_all(Grammar& grammar) {
  add_task(grammar);
  add_data(grammar);
  add_node(grammar);
  add_explain(grammar);
  add_preflight(grammar);
  add_owner(grammar);
  add_user(grammar);
  add_pki(grammar);
  add_ledger(grammar);
  add_audit(grammar);
  add_guide(grammar);
}

constexpr const char* kHelp = "Run tasks, look after certificates and users, allow and audit: the tool of whoever works with PAI";
constexpr const char* kExample = "paictl task run credit.json --master https://master.example.org:8000 --ca trusted.pem";

}  // namespace

Result<Options> read_command_line(const std::vector<std::string>& arguments) {
  Grammar grammar(kHelp, kExample);
  add_all(grammar);
  return grammar.read(arguments);
}

guide::Command outline() {
  Grammar grammar(kHelp, kExample);
  add_all(grammar);
  return grammar.outline();
}

}  // namespace pai::ctl
