#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "ctl/owner/options.h"

namespace CLI {
class App;
}

namespace pai::ctl {

/// The verbs of a data owner: `grant add|list|revoke|check`, `pending`, `approve`, `reject`.
class OwnerGrammar {
 public:
  OwnerGrammar();
  ~OwnerGrammar();

  /// Adds them to the program; `prepare` gives each command what all commands have, and an example.
  void add_to(CLI::App& app, const std::function<void(CLI::App&, const std::string&)>& prepare);
  /// What was asked for, when `understood` is one of them.
  std::optional<OwnerOptions> options(const CLI::App& understood) const;

 private:
  struct Given;
  std::unique_ptr<Given> given_;
};

}  // namespace pai::ctl
