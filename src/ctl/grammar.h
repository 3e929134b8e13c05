#pragma once

#include <CLI/App.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "ctl/guide/outline.h"
#include "ctl/options.h"

namespace pai::ctl {

/// The verbs of paictl, as groups declare them, and the reading of a command line by them. Only the .cpp files of groups include
/// this: it brings CLI11's headers.
class Grammar {
 public:
  /// What was asked for, once the flags are filled in and right each by itself.
  using Make = std::function<Result<Options>()>;

  /// `help` of the program, and an example.
  Grammar(const std::string& help, const std::string& example);

  /// A word that verbs follow.
  CLI::App* group(const char* name, const char* help, const std::string& example);
  /// A verb of a group, or of the program itself.
  CLI::App* verb(CLI::App* group, const char* name, const char* help, const std::string& example, Make make);
  CLI::App* verb(const char* name, const char* help, const std::string& example, Make make) {
    return verb(&app_, name, help, example, std::move(make));
  }

  /// All of it, in the order of declaration.
  guide::Command outline() const { return outline_of(app_); }

  static std::string version();

  /// kInvalid with a hint for what is wrong with it.
  Result<Options> read(const std::vector<std::string>& arguments);

 private:
  void prepare(CLI::App& app, const std::string& example, const std::string& footer);
  guide::Command outline_of(const CLI::App& app) const;
  const CLI::App& understood() const;
  Error usage(const std::string& what) const;
  std::optional<Error> unknown_argument() const;
  std::optional<Error> missing_verb() const;

  CLI::App app_;
  std::map<const CLI::App*, Make> verbs_;
  std::map<const CLI::App*, std::string> examples_;
};

/// The heading in --help of the flags that every verb has which calls a master.
inline constexpr const char* kMasterFlags = "Where the master is";

/// text or json: the flag that every verb has.
void output_flag(CLI::App* app, std::string& given);

// The groups, each in a file of its own.
void add_pki(Grammar& grammar);
void add_audit(Grammar& grammar);
void add_guide(Grammar& grammar);
void add_data(Grammar& grammar);
void add_explain(Grammar& grammar);
void add_ledger(Grammar& grammar);
void add_node(Grammar& grammar);
void add_owner(Grammar& grammar);
void add_preflight(Grammar& grammar);
void add_task(Grammar& grammar);
void add_user(Grammar& grammar);

}  // namespace pai::ctl
