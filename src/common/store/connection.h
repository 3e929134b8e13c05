#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/store/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pai::store {

/// One SQLite connection with its prepared statements. Used by one thread at a time.
class SqliteConnection final : public Connection {
 public:
  struct Options {
    bool read_only = false;   ///< refuses statements that write; the file is opened for writing still, as WAL needs it
    int cache_kib = 512;
  };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& file, Options options);
  ~SqliteConnection() override;

  Result<std::int64_t> run(std::string_view sql, const Row& parameters = {}) override;
  Result<std::vector<Row>> query(std::string_view sql, const Row& parameters = {}) override;

  /// Runs any number of statements without parameters: pragmas, schema steps, BEGIN and COMMIT.
  Status execute(std::string_view sql);
  /// True between BEGIN and COMMIT. SQLite ends a transaction by itself after some errors (disk full, I/O).
  bool in_transaction() const;

 private:
  explicit SqliteConnection(std::filesystem::path file) : file_(std::move(file)) {}
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  Result<std::vector<Row>> step_all(std::string_view sql, const Row& parameters, bool keep_rows);
  void forget_statements();
  Error fault(std::string_view what) const;

  std::filesystem::path file_;
  sqlite3* database_ = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace pai::store
