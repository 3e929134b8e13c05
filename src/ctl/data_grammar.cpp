#include <memory>

#include "ctl/grammar.h"

namespace pai::ctl {

void add_data(Grammar& grammar) {
  struct Given {
    std::string file, output = "text";
    std::vector<std::string> id_columns;
  };
  const auto given = std::make_shared<Given>();
  CLI::App* data = grammar.group("data", "Tables, before a task reads them", ": paictl data check customers.csv --id customer_id");
  CLI::App* check = grammar.verb(
      data, "check", "Say what is in a CSV file, and what an alignment or a training would stumble over; nothing leaves this machine",
      "paictl data check customers.csv --id customer_id", [given]() -> Result<Options> {
        return Options(DataCheckOptions{given->file, given->id_columns, given->output == "json"});
      });
  check->add_option("FILE.csv", given->file, "The file")->required();
  check->add_option("--id", given->id_columns, "The ID column, or one of several (the first of the file); may stand often")
      ->allow_extra_args(false);
  check->add_option("-o,--output", given->output, "text (the default) or json")->check(CLI::IsMember({"text", "json"}));
}

}  // namespace pai::ctl
