#pragma once

#include <string>

namespace pai::audit {

/// One line of an audit log: who asked for what, and what came of it. Outside text is kept as it came; the line escapes it.
struct Entry {
  std::string who;         ///< user or certificate name; empty: nobody showed one
  std::string credential;  ///< "token:…", "certificate:…", "none"
  std::string from;        ///< addr:port
  std::string method;
  std::string path;
  std::string task;        ///< empty: none was named
  std::string decision;    ///< "done", "failed" or "refused"
  int code = 0;            ///< HTTP status of the answer
  std::string reason;      ///< of a failure or refusal
  std::string parameters;  ///< of the query but for task_name, `a=1&b=2`
  std::string body_sha256; ///< empty: no body
  std::string trace_id = {};  ///< of the request, as its log lines have it
};

}  // namespace pai::audit
