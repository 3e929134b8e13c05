#include "client/align/held_answers.h"

#include <fcntl.h>
#include <cerrno>
#include <utility>

#include "common/csv/file_source.h"

namespace pai::client::align {
namespace {

constexpr std::string_view kFileName = "a temporary file";

}  // namespace

Status HeldAnswers::add_bytes(int peer, std::string bytes) {
  Entry entry{.peer = peer, .bytes = {}, .offset = file_bytes_, .size = bytes.size()};
  entry.in_file = memory_bytes_ + bytes.size() > memory_bytes_max_;
  if (entry.in_file) {
    if (!file_.valid()) {
      file_ = io::Fd(::openat(scratch_.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
      if (!file_.valid())
        return errno_error("cannot create a temporary file in " + scratch_.path().string(), errno);
    }
    PAI_TRY(io::write_all(file_.get(), bytes, kFileName));
    file_bytes_ += bytes.size();
  } else {
    memory_bytes_ += bytes.size();
    entry.bytes = std::move(bytes);
  }
  entries_.push_back(std::move(entry));
  return {};
}

Result<std::string> HeldAnswers::take(Entry& entry) const {
  if (!entry.in_file) return std::exchange(entry.bytes, {});
  std::string bytes(static_cast<std::size_t>(entry.size), '\0');
  PAI_ASSIGN(const std::size_t count,
             csv::read_at(file_.get(), kFileName, bytes.data(), bytes.size(), entry.offset));
  if (count != entry.size) return Error(ErrorCode::kIo, "a temporary file lost its end");
  return bytes;
}

void HeldAnswers::clear() {
  entries_.clear();
  memory_bytes_ = 0;
  file_bytes_ = 0;
  file_ = io::Fd();
}

}  // namespace pai::client::align
