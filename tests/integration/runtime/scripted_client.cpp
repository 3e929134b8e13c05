// The runtime of pai-client with a role that does what the environment variable PAI_SCRIPT says.
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include "client/runtime/run.h"

namespace {

using namespace pai;
using namespace pai::client;

Status play(Context& context) {
  const char* variable = std::getenv("PAI_SCRIPT");
  const std::string script = variable == nullptr ? "" : variable;
  context.reporter.phase("read", 100, "rows");
  context.reporter.advance(100);
  if (script == "finish") {
    task::DatasetSummary dataset;
    dataset.out_data_path = "out";
    dataset.train_rows = 80;
    context.reporter.set_dataset(std::move(dataset));
    return {};
  }
  if (script == "fail") return Error(ErrorCode::kInvalid, "the table has no rows").with_hint("look at it").blaming(2);
  if (script == "throw") throw std::runtime_error("boom");
  if (script == "memory") throw std::bad_alloc();
  if (script == "wait") {
    context.reporter.phase("wait", 0, "");
    PAI_ASSIGN(const auto got, context.channel.receive<v1::Publish>(context.task.client_id == 1 ? 0 : 1));
    (void)got;
    return {};
  }
  if (script == "talk") {
    const int parties = static_cast<int>(context.task.spec.clients.size());
    for (int peer = 0; peer < parties; ++peer) {
      if (peer != context.task.client_id) PAI_TRY(context.channel.send(peer, v1::Publish()));
    }
    for (int peer = 0; peer < parties; ++peer) {
      if (peer == context.task.client_id) continue;
      PAI_ASSIGN(const auto got, context.channel.receive<v1::Publish>(peer));
      (void)got;
    }
    return {};
  }
  return Error(ErrorCode::kInvalid, "no such script: " + script);
}

Role role_of(task::ClientType) {
  const char* variable = std::getenv("PAI_SCRIPT");
  return variable == nullptr ? nullptr : play;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return static_cast<int>(ExitCode::kUsage);
  return static_cast<int>(run_client(argv[1], role_of));
}
