#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>

namespace pai::test {

/// What a page says of one path: methods, and the names of parameters (each once, shared by its methods).
struct Documented {
  std::set<std::string> methods;
  std::set<std::string> parameters;
  std::string role = {};  ///< of `x-role`
};

/// Reads the few lines that matter: `  /path:`, `    get:`, `    x-role: name`, and `{name: x, in: query, …}` below it; a list of
/// parameters may have a name (`parameters: &list`) and stand elsewhere by it (`parameters: *list`).
inline std::map<std::string, Documented> read_page(const std::string& yaml) {
  std::map<std::string, Documented> paths;
  std::istringstream lines(yaml);
  std::map<std::string, std::set<std::string>> lists;
  std::string line, path, list;
  bool in_paths = false;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.rfind("  /", 0) == 0) path = line.substr(2, line.find(':') - 2);
    if (line == "    get:" || line == "    post:") paths[path].methods.insert(line.substr(4, line.size() - 5));
    const std::string role = "    x-role: ";
    if (line.rfind(role, 0) == 0) paths[path].role = line.substr(role.size());
    const std::string parameters = "    parameters: ";
    if (line.rfind(parameters, 0) == 0) {
      const auto name = line.substr(parameters.size() + 1);
      if (line[parameters.size()] == '*') paths[path].parameters.insert(lists[name].begin(), lists[name].end());
      list = line[parameters.size()] == '&' ? name : "";
      continue;
    }
    const auto name = line.find("- {name: ");
    if (name == std::string::npos) {
      list.clear();
      continue;
    }
    const auto begin = name + 9;
    const auto parameter = line.substr(begin, line.find(',', begin) - begin);
    paths[path].parameters.insert(parameter);
    if (!list.empty()) lists[list].insert(parameter);
  }
  return paths;
}

}  // namespace pai::test
