#include "common/store/connection.h"

#include <sqlite3.h>

#include <limits>
#include <utility>

#include "common/base/text.h"

namespace pai::store {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr std::size_t kStatementsMax = 128;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_READONLY: return ErrorCode::kIo;
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorCode::kDenied;
    case SQLITE_TOOBIG: return ErrorCode::kTooLarge;
    default: return ErrorCode::kInternal;
  }
}

std::string hint_of(int sqlite_code, const std::string& file) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "restore " + file + " from a backup, or move it away together with its -wal and -shm files to start empty";
    case SQLITE_FULL: return "free space on the file system of " + file;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds " + file + " open for writing";
    default: return "";
  }
}

int bind(sqlite3_stmt* statement, int at, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, at, *number);
  if (const auto* number = std::get_if<double>(&value)) return sqlite3_bind_double(statement, at, *number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    // Not copied: the caller's row outlives the call, and bindings are cleared before it returns.
    return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, at);
}

Value column(sqlite3_stmt* statement, int at) {
  switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(statement, at));
    case SQLITE_FLOAT: return sqlite3_column_double(statement, at);
    case SQLITE_NULL: return std::monostate();
    default: {
      const void* bytes = sqlite3_column_blob(statement, at);  // of a text: its bytes
      const int size = sqlite3_column_bytes(statement, at);
      return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }
}

/// Leaves the statement ready for its next use, on every way out.
class Resetter {
 public:
  explicit Resetter(sqlite3_stmt* statement) : statement_(statement) {}
  Resetter(const Resetter&) = delete;
  Resetter& operator=(const Resetter&) = delete;
  ~Resetter() {
    // The code repeats that of the step, which was reported.
    (void)sqlite3_reset(statement_);
    (void)sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

double as_real(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return static_cast<double>(as_int(value));
}

std::int64_t as_int(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) {
    // Outside these bounds the cast would be undefined.
    if (*number >= -9.2e18 && *number <= 9.2e18) return static_cast<std::int64_t>(*number);
  }
  return 0;
}

std::string as_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return std::to_string(*number);
  return {};
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& file, Options options) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(file));
  // NOMUTEX: one thread at a time is our own rule. The file was created before, with its mode, so no CREATE.
  const int code = sqlite3_open_v2(file.c_str(), &connection->database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return connection->fault("cannot open");
  sqlite3_extended_result_codes(connection->database_, 1);
  sqlite3_busy_timeout(connection->database_, kBusyTimeoutMs);
  PAI_TRY(connection->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                              "PRAGMA trusted_schema=OFF; PRAGMA journal_size_limit=16777216;"
                              "PRAGMA cache_size=-" + std::to_string(options.cache_kib)));
  if (options.read_only) PAI_TRY(connection->execute("PRAGMA query_only=ON"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  forget_statements();
  sqlite3_close(database_);
}

Result<std::int64_t> SqliteConnection::run(std::string_view sql, const Row& parameters) {
  PAI_TRY(step_all(sql, parameters, false));
  return static_cast<std::int64_t>(sqlite3_changes64(database_));
}

Result<std::vector<Row>> SqliteConnection::query(std::string_view sql, const Row& parameters) {
  return step_all(sql, parameters, true);
}

Result<std::vector<Row>> SqliteConnection::step_all(std::string_view sql, const Row& parameters, bool keep_rows) {
  PAI_ASSIGN(sqlite3_stmt* statement, prepare(sql));
  const Resetter resetter(statement);
  PAI_CHECK(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) == parameters.size(),
            "a statement got another number of parameters than it has: " + std::string(sql));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (bind(statement, static_cast<int>(i) + 1, parameters[i]) != SQLITE_OK) return fault("cannot use a value in");
  }
  std::vector<Row> rows;
  const int columns = sqlite3_column_count(statement);
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return rows;
    // To SQLite the end of a transaction, which writes, is "readonly"; it has no columns.
    if (code != SQLITE_ROW) return fault(sqlite3_stmt_readonly(statement) != 0 && columns > 0 ? "cannot read" : "cannot write");
    if (!keep_rows) continue;
    Row& row = rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(column(statement, i));
  }
}

Result<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
  std::string key(sql);
  if (const auto known = statements_.find(key); known != statements_.end()) return known->second;
  // Only statements with values glued into them can be this many; forgetting them all keeps memory bounded.
  if (statements_.size() >= kStatementsMax) forget_statements();
  PAI_CHECK(sql.size() < std::numeric_limits<int>::max(), "a statement of gigabytes");
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         &tail) != SQLITE_OK) {
    return fault("cannot prepare a statement for");
  }
  const std::string_view rest(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail));
  const bool alone = statement != nullptr && rest.find_first_not_of(" \t\r\n;") == std::string_view::npos;
  if (!alone) sqlite3_finalize(statement);
  PAI_CHECK(alone, "not one statement: " + key);
  statements_.emplace(std::move(key), statement);
  return statement;
}

Status SqliteConnection::execute(std::string_view sql) {
  if (sqlite3_exec(database_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fault("cannot use");
  }
  return {};
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

void SqliteConnection::forget_statements() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
}

Error SqliteConnection::fault(std::string_view what) const {
  const std::string file = printable(file_.native(), 400);
  const std::string message = std::string(what) + " database '" + file + "': ";
  if (database_ == nullptr) return Error(ErrorCode::kInternal, message + "out of memory");
  const int code = sqlite3_extended_errcode(database_);
  std::string reason = sqlite3_errmsg(database_);
  if (const int number = sqlite3_system_errno(database_);
      number != 0 && ((code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN)) {
    reason += " (" + errno_message(number) + ")";
  }
  return Error(code_of(code), message + printable(reason, 400)).with_hint(hint_of(code, file));
}

}  // namespace pai::store
