#include <memory>

#include "ctl/grammar.h"

namespace pai::ctl {
namespace {

Result<std::map<std::string, std::string>> manual_pages(const guide::Command& program) {
  std::map<std::string, std::string> pages;
  pages.emplace(guide::man_name(program) + ".1", guide::man_page(program, program, Grammar::version()));
  for (const auto& command : program.commands) pages.emplace(guide::man_name(command) + ".1", guide::man_page(program, command, Grammar::version()));
  return pages;
}

Result<std::string> manual_page(const guide::Command& program, const std::string& name) {
  if (name.empty()) return guide::man_page(program, program, Grammar::version());
  for (const auto& command : program.commands) {
    if (command.name() == name) return guide::man_page(program, command, Grammar::version());
  }
  return Error(ErrorCode::kInvalid, "'" + name + "' is no first word of a paictl command").with_hint("paictl --help");
}

}  // namespace

void add_guide(Grammar& grammar) {
  struct Given {
    std::string shell, command, folder;
    bool markdown = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App* completion = grammar.verb("completion", "Print what makes the tab key complete paictl's commands in bash or zsh", "source <(paictl completion bash)",
                                      [given, &grammar]() -> Result<Options> {
                                        const auto program = grammar.outline();
                                        return Options(PrintOptions{given->shell == "bash" ? guide::bash_completion(program) : guide::zsh_completion(program)});
                                      });
  completion->add_option("SHELL", given->shell, "bash or zsh")->check(CLI::IsMember({"bash", "zsh"}))->required();

  CLI::App* man = grammar.verb("man", "Print a manual page of paictl", "paictl man task | man -l -", [given, &grammar]() -> Result<Options> {
    const auto program = grammar.outline();
    if (given->markdown) return Options(PrintOptions{guide::markdown(program)});
    if (given->folder.empty()) {
      PAI_ASSIGN(auto page, manual_page(program, given->command));
      return Options(PrintOptions{std::move(page)});
    }
    PAI_ASSIGN(auto pages, manual_pages(program));
    return Options(PagesOptions{given->folder, std::move(pages)});
  });
  man->add_option("COMMAND", given->command, "The page of this first word, such as task; the program's own if not given");
  man->add_option("--out", given->folder, "Folder for all pages, as new files")->type_name("DIR");
  man->add_flag("--markdown", given->markdown, "Print the reference of all verbs for docs/paictl.md");
}

}  // namespace pai::ctl
