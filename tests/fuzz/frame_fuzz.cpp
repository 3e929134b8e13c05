// What a peer may write into a stream before and after the handshake: bytes that are parsed as a frame, pieces that are put together again, and a
// greeting that is judged. Whatever comes, a verdict must come of it, memory stays bounded by what was sent, and no frame of the channel's own
// passes for one of the protocol's.
#include <cstdint>
#include <string>
#include <vector>

#include "client/channel/handshake.h"
#include "client/channel/wire.h"
#include "common/base/check.h"
#include "common/disclosure/passages.h"
#include "support/alignment_spec.h"

namespace {

using namespace pai;
using namespace pai::client;

task::TaskFile receiver() {
  task::TaskFile task;
  task.spec = pai::test::alignment_spec("credit_v1", 3, [](int id) { return static_cast<std::uint16_t>(9000 + id); });
  task.run_id = "run-1";
  return task;
}

void judge(const task::TaskFile& task, const v1::Frame& frame) {
  if (!frame.has_hello()) return;
  const auto refusal = check_hello(task, frame.hello(), std::nullopt);
  if (!refusal) {
    PAI_CHECK(frame.hello().task_name() == task.spec.name && frame.hello().run_id() == task.run_id, "a stranger was let in");
    PAI_CHECK(frame.hello().from_client() > 0 && frame.hello().from_client() < 3, "a client that is none");
  } else {
    PAI_CHECK(refusal->message().size() <= 512, "a refusal that the wire does not take");
  }
}

}  // namespace

/// The input is a run of frames, each behind two bytes with its length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto task = receiver();
  static const auto allowed = disclosure::may_pass(task.spec, 1, 0);
  Assembler assembler(1 << 20);
  std::size_t at = 0;
  while (at + 2 <= size) {
    const std::size_t length = std::min<std::size_t>(data[at] << 8 | data[at + 1], size - at - 2);
    v1::Frame frame;
    const bool parsed = frame.ParseFromArray(data + at + 2, static_cast<int>(length));
    at += 2 + length;
    if (!parsed) continue;
    judge(task, frame);
    if (frame.has_fragment()) {
      const auto whole = assembler.add(frame.fragment());
      if (!whole.ok()) return 0;
      if (whole->has_value()) {
        PAI_CHECK(!is_control(**whole) && (*whole)->body_case() != v1::Frame::BODY_NOT_SET, "a control frame in pieces");
        PAI_CHECK(assembler.is_idle(), "something is left of a whole frame");
      }
    }
    (void)allowed.test(static_cast<std::size_t>(frame.body_case()));  // throws outside of what a frame can hold
  }
  return 0;
}
