#include "ctl/command_line.h"

#include "ctl/grammar.h"

namespace pai::ctl {

Result<Options> read_command_line(const std::vector<std::string>& arguments) {
  Grammar grammar("paictl: the tool of whoever installs, runs and audits PAI.", "paictl pki init --dir ca --name \"Bank A\"");
  add_task(grammar);
  add_data(grammar);
  add_explain(grammar);
  add_preflight(grammar);
  add_owner(grammar);
  add_user(grammar);
  add_pki(grammar);
  add_ledger(grammar);
  add_audit(grammar);
  return grammar.read(arguments);
}

}  // namespace pai::ctl
