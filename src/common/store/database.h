#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace pai::store {

using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Value>;

std::int64_t as_int(const Value& value);   ///< 0 for null
double as_real(const Value& value);        ///< 0 for null
std::string as_text(const Value& value);   ///< empty for null

/// What a piece of work may do inside a transaction, or a reader outside one. Statements are prepared once and kept.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Runs one statement with `?` parameters; gives the number of changed rows.
  virtual Result<std::int64_t> run(std::string_view sql, const Row& parameters = {}) = 0;
  virtual Result<std::vector<Row>> query(std::string_view sql, const Row& parameters = {}) = 0;
};

/// When a write is durable.
enum class Durable {
  kOnReturn,
  /// Stored on return, so that the end of this process loses nothing, and durable with the next write that is durable on
  /// return, or in a moment (0.1 s): for what follows from rows that are durable, and for what may be lost with its machine's power.
  kSoon,
};

/// One SQLite file (WAL, synchronous=FULL, foreign keys). One caller's thread writes at a time, for all that wait; writes
/// that are queued together share one commit, so that many concurrent small writes cost one fsync; each is a savepoint of its own, and one's
/// failure leaves the others. Any thread may call.
class Database {
 public:
  /// Opens or creates the file (mode 0600) and brings its schema to `migrations.size()`: step i is run in a
  /// transaction when `PRAGMA user_version` is i. A file of a newer version is refused (kConflict).
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file,
                                                std::span<const std::string_view> migrations);
  virtual ~Database() = default;

  /// Runs `work`, maybe in another caller's thread, inside a transaction and returns after it is committed, and durable unless asked
  /// otherwise. An error that `work` returns rolls its changes back and is returned. Whatever is durable, all that was
  /// written before it is.
  virtual Status write(std::function<Status(Connection&)> work, Durable durable = Durable::kOnReturn) = 0;

  /// Reads on a connection of its own, beside the writer.
  virtual Result<std::vector<Row>> query(std::string_view sql, const Row& parameters = {}) = 0;
};

}  // namespace pai::store
