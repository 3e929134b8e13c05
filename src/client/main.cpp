// pai-client: one party of one task.
//
//   pai-client --task DIR/task.json
//
// Reads the task, computes with the other parties, writes state.json beside the task file and its log to stderr. Exit codes:
// 0 Finished, 1 Failed, 2 wrong command line, 3 Stopped by SIGTERM or SIGINT (client/runtime/run.h).
#include <cstdio>
#include <exception>
#include <string_view>

#include "client/runtime/registry.h"
#include "client/runtime/run.h"

namespace {

constexpr const char* kHelp =
    "Usage: pai-client --task FILE\n"
    "Computes one party's part of a task. Started by pai-node, or by hand with the same line.\n"
    "\n"
    "  --task FILE   the task.json of the party's task directory; state.json is written beside it\n"
    "  --version     print the version\n"
    "  --help        print this\n"
    "\n"
    "Exit codes: 0 finished, 1 failed, 2 wrong command line, 3 stopped by a signal.\n";

int usage_error() {
  std::fputs("pai-client: give --task FILE and nothing else; --help says more\n", stderr);
  return static_cast<int>(pai::client::ExitCode::kUsage);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && first == "--help") return std::fputs(kHelp, stdout) < 0;
  if (argc == 2 && first == "--version") return std::puts("pai-client " PAI_VERSION) < 0;
  constexpr std::string_view kTaskIs = "--task=";
  const char* file = nullptr;
  if (argc == 3 && first == "--task") file = argv[2];
  if (argc == 2 && first.substr(0, kTaskIs.size()) == kTaskIs) file = argv[1] + kTaskIs.size();
  if (file == nullptr || *file == '\0') return usage_error();
  try {
    return static_cast<int>(pai::client::run_client(file, pai::client::role_of));
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "pai-client: an unexpected fault: %s\n", exception.what());
    return static_cast<int>(pai::client::ExitCode::kFailed);
  }
}
