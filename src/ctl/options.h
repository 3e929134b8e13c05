#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ctl/pki/key.h"
#include "ctl/pki/names.h"

namespace pai::ctl {

// What the command line asks for, checked. Folders and files as they were given.

struct InitOptions {
  std::string folder;
  std::string name;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 3650;
};

struct IssueOptions {
  std::string folder;
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 365;
  std::string out;  ///< empty: the CA's folder
};

struct RequestOptions {
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  std::string out;
};

struct SignOptions {
  std::string folder;
  std::string request;
  std::string name;  ///< empty: whatever the request says
  int days = 365;
  std::string out;  ///< empty: the CA's folder
};

struct RenewOptions {
  std::string folder;
  std::string certificate;
  int days = 365;
  std::string out;  ///< empty: in the place of the certificate
};

struct BundleOptions {
  std::string out;
  std::vector<std::string> files;
};

struct ShowOptions {
  std::string file;
  bool json = false;
};

/// Help or version: printed, and the program ends well.
struct PrintOptions {
  std::string text;
};

/// What will leave a party, from a task document or a node's task.json.
struct ExplainOptions {
  std::string file;
  int client = kEveryClient;
  bool json = false;

  static constexpr int kEveryClient = -2;  ///< -1 is the last one
};

/// What is in a table, before a task reads it.
struct DataCheckOptions {
  std::string file;
  std::vector<std::string> id_columns;  ///< empty: the first
  bool json = false;
};

struct LedgerVerifyOptions {
  std::vector<std::string> files;
  bool json = false;
};

struct LedgerShowOptions {
  std::string file;
  bool json = false;
};

struct LedgerCompareOptions {
  std::string first;
  std::string second;
};

using Options = std::variant<PrintOptions, InitOptions, IssueOptions, RequestOptions, SignOptions, RenewOptions,
                             BundleOptions, ShowOptions, DataCheckOptions, ExplainOptions, LedgerVerifyOptions, LedgerShowOptions,
                             LedgerCompareOptions>;

}  // namespace pai::ctl
