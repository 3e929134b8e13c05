#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/crypto/primitives.h"
#include "common/io/files.h"

namespace pai::client::align {

/// A piece of a file on its way to the disk, aligned as the disk wants it. There is room for `kSlack` bytes
/// beyond what a writer asked for, so that a row can be copied in whole vector registers.
struct Chunk {
  static constexpr std::size_t kBytes = std::size_t{1} << 20;
  static constexpr std::size_t kSlack = 128;
  static constexpr std::size_t kAlignment = 4096;

  struct Free {
    void operator()(char* memory) const;
  };
  std::unique_ptr<char[], Free> data;
  std::size_t room = 0;
  std::size_t used = 0;

  static Chunk with_room(std::size_t bytes);
  std::string_view text() const { return {data.get(), used}; }
};

/// A file that is hashed and written by a thread of its own. Where the file system allows, whole blocks go to
/// the disk past the page cache: a data set is written once and not read soon, and the cache's copy would
/// cost more than the writing.
class OutputFile {
 public:
  struct Digest {
    std::uint64_t bytes = 0;
    crypto::Hash32 sha256{};
  };

  /// Takes over a new, empty file. `name` is for messages.
  OutputFile(io::Fd fd, std::string name);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Gives up what was not written.
  ~OutputFile();

  /// An empty chunk, an earlier one where possible.
  Chunk fresh(std::size_t bytes);
  /// Hands a chunk over; waits while several are on their way. Fails as soon as an earlier chunk could not be
  /// written.
  Status push(Chunk chunk);
  /// No chunk follows: the disk is brought up to date while the caller does other things.
  void end();
  /// Ends, and waits until all is on the disk. kIo when it is full or fails.
  Result<Digest> finish();

 private:
  void run();
  Status write(const Chunk& chunk);
  Status write_blocks(std::string_view blocks);
  Status write_rest();
  void set_direct(bool direct);

  io::Fd fd_;
  std::string name_;
  crypto::Sha256 hash_;
  std::uint64_t written_ = 0;
  bool direct_ = false;
  Chunk rest_;  ///< what does not fill a chunk yet

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> waiting_;
  std::vector<Chunk> spare_;
  bool ending_ = false;  ///< no chunk follows
  bool abandoned_ = false;
  bool done_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace pai::client::align
