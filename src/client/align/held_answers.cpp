#include "client/align/held_answers.h"

#include <cerrno>
#include <fcntl.h>

#include "common/csv/file_source.h"

namespace pai::client::align {

Status HeldAnswers::add(int peer, const v1::MatchBits& answer) {
  std::string bytes = answer.SerializeAsString();
  Entry entry{peer, {}, 0, bytes.size()};
  if (memory_bytes_ + bytes.size() <= memory_bytes_max_) {
    memory_bytes_ += bytes.size();
    entry.bytes = std::move(bytes);
  } else {
    if (!file_.valid()) {
      file_ = io::Fd(::openat(scratch_.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
      if (!file_.valid()) return errno_error("cannot create a temporary file in " + scratch_.path().string(), errno);
    }
    entry.offset = file_bytes_;
    PAI_TRY(io::write_all(file_.get(), bytes, "a temporary file"));
    file_bytes_ += bytes.size();
  }
  entries_.push_back(std::move(entry));
  return {};
}

Status HeldAnswers::release(const std::function<Status(int, v1::MatchBits)>& send) {
  for (auto& entry : entries_) {
    if (entry.bytes.empty()) {
      entry.bytes.resize(static_cast<std::size_t>(entry.size));
      PAI_ASSIGN(const std::size_t count,
                 csv::read_at(file_.get(), "a temporary file", entry.bytes.data(), entry.bytes.size(), entry.offset));
      if (count != entry.size) return Error(ErrorCode::kIo, "a temporary file lost its end");
    }
    v1::MatchBits answer;
    if (!answer.ParseFromString(entry.bytes)) return Error(ErrorCode::kIo, "a temporary file was changed");
    std::string().swap(entry.bytes);
    PAI_TRY(send(entry.peer, std::move(answer)));
  }
  entries_.clear();
  memory_bytes_ = 0;
  file_bytes_ = 0;
  file_ = io::Fd();
  return {};
}

}  // namespace pai::client::align
