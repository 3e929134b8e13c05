#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/io/files.h"

namespace pai::client::align {

/// Answers that may not leave main yet, one message type at a time: in memory up to a bound, beyond it in an
/// unnamed file.
class HeldAnswers {
 public:
  /// `scratch` is the folder that takes the file.
  explicit HeldAnswers(const io::Root& scratch, std::size_t memory_bytes_max = std::size_t{16} << 20)
      : scratch_(scratch), memory_bytes_max_(memory_bytes_max) {}

  template <class Message>
  Status add(int peer, const Message& answer) {
    return add_bytes(peer, answer.SerializeAsString());
  }
  /// Hands out all as `send(peer, Message)`, in the order of adding, and forgets them.
  template <class Message, class Send>
  Status release(Send&& send) {
    for (auto& entry : entries_) {
      PAI_ASSIGN(const std::string bytes, take(entry));
      Message answer;
      if (!answer.ParseFromString(bytes)) return Error(ErrorCode::kIo, "a temporary file was changed");
      PAI_TRY(send(entry.peer, std::move(answer)));
    }
    clear();
    return {};
  }

 private:
  struct Entry {
    int peer = 0;
    std::string bytes;  ///< when it is in memory
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool in_file = false;
  };
  Status add_bytes(int peer, std::string bytes);
  Result<std::string> take(Entry& entry) const;
  void clear();

  const io::Root& scratch_;
  std::size_t memory_bytes_max_;
  std::size_t memory_bytes_ = 0;
  std::uint64_t file_bytes_ = 0;
  io::Fd file_;
  std::vector<Entry> entries_;
};

}  // namespace pai::client::align
