#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "ctl/owner/options.h"
#include "ctl/pki/key.h"
#include "ctl/pki/names.h"

namespace pai::ctl {

// What the command line asks for, checked. Folders and files as they were given.

struct InitOptions {
  std::string folder;
  std::string name;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 3650;
  bool json = false;
};

struct IssueOptions {
  std::string folder;
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 365;
  std::string out;  ///< empty: the CA's folder
  bool json = false;
};

struct RequestOptions {
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  std::string out;
  bool json = false;
};

struct SignOptions {
  std::string folder;
  std::string request;
  std::string name;  ///< empty: whatever the request says
  int days = 365;
  std::string out;  ///< empty: the CA's folder
  bool json = false;
};

struct RenewOptions {
  std::string folder;
  std::string certificate;
  int days = 365;
  std::string out;  ///< empty: in the place of the certificate
  bool json = false;
};

struct BundleOptions {
  std::string out;
  std::vector<std::string> files;
  bool json = false;
};

struct ShowOptions {
  std::string file;
  bool json = false;
};

/// Where the master is, and as whom it is called.
struct MasterOptions {
  std::string url;          ///< https://HOST:PORT, or http:// on loopback
  std::string ca;           ///< whom to believe; needed for https
  std::string certificate;  ///< own one, with its key; empty: none
  std::string key;
  std::string token_file;   ///< empty: the environment's PAI_TOKEN, if it is set
};

struct UserOptions {
  enum class Verb { kAdd, kList, kRenew, kRevoke };
  MasterOptions master;
  Verb verb = Verb::kList;
  std::string name;
  std::string role;
  int days = 90;
  bool json = false;
};

struct AuditOptions {
  std::vector<std::string> files;  ///< or folders, for what they hold of an audit log
  bool json = false;
};

struct PreflightOptions {
  MasterOptions master;
  std::string task_file;  ///< empty: the nodes of the master's configuration
  bool json = false;
};

/// What a master knows of data sets, or of nodes.
struct ListOptions {
  enum class What { kDatasets, kNodes };
  MasterOptions master;
  What what = What::kNodes;
  std::string status;  ///< data sets: of their tasks; nodes: reachable or unreachable; empty: all
  int limit = 100;
  bool json = false;
};

/// Texts for new files of a folder.
struct PagesOptions {
  std::string folder;
  std::map<std::string, std::string> pages;  ///< by file name
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
  bool json = false;
};

/// What is asked of a master about tasks.
struct TaskOptions {
  enum class Verb { kCreate, kCheck, kStart, kRun, kWait, kWatch, kStop, kRetry, kDelete, kList, kStatus, kWaits, kLog, kLedger, kRecord };
  static constexpr int kEveryClient = -2;
  MasterOptions master;
  Verb verb = Verb::kStatus;
  std::string file;       ///< create, check, run
  std::string task;       ///< the others but list
  std::string status;     ///< list: tasks in this state alone
  int limit = 100;        ///< list
  int client = -1;        ///< log, ledger: -1 is the last one; ledger: kEveryClient
  int tail = 100;         ///< log: lines
  double timeout_s = 0;   ///< run, wait, watch: 0 waits for ever
  bool follow = false;    ///< log
  bool resume = false;    ///< retry
  bool datasets = false;  ///< delete
  bool force = false;     ///< stop, delete
  bool json = false;
};

/// Where the master is, and as whom it is called, is in the member `master` of those that call one.
using Options = std::variant<PrintOptions, InitOptions, IssueOptions, RequestOptions, SignOptions, RenewOptions,
                             BundleOptions, ShowOptions, DataCheckOptions, ExplainOptions, LedgerVerifyOptions,
                             LedgerShowOptions, LedgerCompareOptions, UserOptions, AuditOptions, PreflightOptions,
                             TaskOptions, ListOptions, PagesOptions, OwnerOptions>;

}  // namespace pai::ctl
