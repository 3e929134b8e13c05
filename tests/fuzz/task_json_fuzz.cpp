// What any caller may POST: the text goes through the strict parser and all validators. Beside memory errors it looks for
// broken promises: a parsed document is the same after a round trip, a validated task validates to itself, a node
// accepts what the master sends it and sees the same digest, and every refusal says what is wrong.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.h"
#include "common/json/strict_json.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"
#include "common/task/validate.h"

namespace {

using namespace pai;

void check_refusal(const Error& error) {
  PAI_CHECK(!error.message().empty(), "a refusal says what is wrong");
  PAI_CHECK(error.code() == ErrorCode::kInvalid || error.code() == ErrorCode::kTooLarge, "bad input is the caller's fault");
}

void check_task(const task::TaskSpec& spec) {
  const auto document = spec.document();
  const auto again = task::validate(document);
  PAI_CHECK(again.ok(), "a checked task passes the check");
  PAI_CHECK(json::canonical(again->document()) == json::canonical(document), "checking a checked task changes nothing");
  const auto public_part = spec.public_part();
  for (const auto& client : spec.clients) {
    const auto part = task::validate_node_part(public_part, client.id, client.config());
    PAI_CHECK(part.ok(), "a node accepts what the master sends it");
    PAI_CHECK(part->digest() == spec.digest(), "all parties compute one digest");
    task::TaskFile file;
    file.spec = *part;
    file.client_id = client.id;
    file.run_id = "run";
    file.node = {.name = "node", .raw_root = "/raw", .datasets_root = "/datasets", .bind = "127.0.0.1", .tls = {}, .master_identity = ""};
    const auto read = task::task_file_from_json(task::to_json(file));
    PAI_CHECK(read.ok(), "a client reads what its node wrote");
    PAI_CHECK(task::to_json(*read) == task::to_json(file), "a task file is the same after a round trip");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = json::parse(text);
  if (!document.ok()) {
    check_refusal(document.error());
    return 0;
  }
  const auto bytes = json::canonical(*document);
  const auto parsed_again = json::parse(bytes, {.bytes_max = bytes.size()});
  PAI_CHECK(parsed_again.ok() && json::canonical(*parsed_again) == bytes, "canonical text is a fixpoint");

  if (const auto spec = task::validate(*document); spec.ok()) {
    check_task(*spec);
  } else {
    check_refusal(spec.error());
  }
  if (const auto part = task::validate_node_part(*document, 1, *document); !part.ok()) check_refusal(part.error());
  if (const auto file = task::task_file_from_json(*document); !file.ok()) check_refusal(file.error());
  if (const auto report = task::report_from_json(*document); report.ok()) {
    const auto again = task::report_from_json(task::to_json(*report));
    PAI_CHECK(again.ok() && *again == *report, "a report is the same after a round trip");
  }
  if (const auto status = task::status_from_json(*document); status.ok()) {
    const auto again = task::status_from_json(task::to_json(*status));
    PAI_CHECK(again.ok() && *again == *status, "a status is the same after a round trip");
  }
  return 0;
}
