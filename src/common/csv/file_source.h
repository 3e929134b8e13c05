#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/csv/layout.h"

namespace pai::csv {

/// What tells one state of a file from another.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;

  bool operator==(const FileIdentity&) const = default;
};

/// kIo when the descriptor can't be asked, naming the file.
Result<FileIdentity> identify(int fd, std::string_view file);

/// Reads up to `size` bytes at `offset`, fewer only at the end of the file. Never maps the file: one that
/// shrinks while it is read must be an error, not a signal.
Result<std::size_t> read_at(int fd, std::string_view file, char* to, std::size_t size, std::uint64_t offset);

/// `'x' changed while it was read` (kInvalid).
Error changed_error(std::string_view file);

class Scanner;

/// Bytes of an open file that hold rows.
struct FileRows {
  int fd = -1;
  std::string_view file = "";  ///< name for messages
  std::uint64_t begin = 0, end = 0;
};
/// Told after each block was scanned: its bytes, and how many there were so far. An error ends the reading.
using OnBlock = std::function<Status(std::string_view block, std::uint64_t done)>;

/// Feeds the bytes to the scanner, block by block, and finishes it; 64 bytes beyond each row can be read. Errors: the
/// scanner's and its sink's, on_block's, kIo, and changed_error when the file ends early.
Status scan_file(const FileRows& rows, Scanner& scanner, const OnBlock& on_block);

/// Reads the header and finds the columns. `file` is the name for messages. A file without a row is refused
/// here when its header and blank lines are all there is in the first MiB. Errors: kInvalid (with file:line),
/// kIo.
Result<Layout> read_layout(int fd, std::string_view file, const ColumnRequest& request);

/// The request in a data client's settings (`columns`, `id_column`), which task validation has checked.
ColumnRequest request_from_settings(const nlohmann::json& settings);

}  // namespace pai::csv
