#include "common/store/migrate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/base/text.h"

namespace pai::store {
namespace {

Status run_step(SqliteConnection& connection, std::string_view sql, std::size_t version) {
  PAI_TRY(connection.execute("BEGIN EXCLUSIVE"));
  PAI_TRY(connection.execute(sql));
  PAI_ASSIGN(const auto broken, connection.query("PRAGMA foreign_key_check"));
  if (!broken.empty()) {
    return Error(ErrorCode::kInternal, "its rows of table '" + as_text(broken.front()[0]) + "' would refer to missing ones");
  }
  PAI_TRY(connection.execute("PRAGMA user_version=" + std::to_string(version)));
  return connection.execute("COMMIT");
}

}  // namespace

Status prepare_file(const std::filesystem::path& file) {
  const std::string what = "cannot create database '" + printable(file.native(), 400) + "'";
  if (file.native().find('\0') != std::string::npos) return Error(ErrorCode::kInvalid, what + ": the name holds a NUL");
  // SQLite would create it with 0644; its -wal and -shm files take the mode of this one.
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  if (errno != EEXIST) return errno_error(what, errno);
  // By name, not by descriptor: closing any descriptor of the file would drop the POSIX locks of a connection to it.
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return errno_error(what, errno);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::kInvalid, what + ": something else has this name");
  if ((status.st_mode & 077) != 0 && ::chmod(file.c_str(), 0600) != 0) {
    return errno_error("cannot take other users' access to '" + printable(file.native(), 400) + "' away", errno);
  }
  return {};
}

Status migrate(SqliteConnection& connection, const std::filesystem::path& file,
               std::span<const std::string_view> migrations) {
  const std::string name = printable(file.native(), 400);
  PAI_ASSIGN(const auto rows, connection.query("PRAGMA user_version"));
  const std::int64_t version = as_int(rows.at(0).at(0));
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (version > newest || version < 0) {
    return Error(ErrorCode::kConflict, "database '" + name + "' has version " + std::to_string(version) +
                                           ", and this program knows up to " + std::to_string(newest))
        .with_hint("start the newer program that wrote it, or restore the backup from before the update");
  }
  if (version == newest) return {};
  // A step may rebuild a table that others refer to; the references are checked at its end instead.
  PAI_TRY(connection.execute("PRAGMA foreign_keys=OFF"));
  for (std::int64_t step = version; step < newest; ++step) {
    auto done = run_step(connection, migrations[static_cast<std::size_t>(step)], static_cast<std::size_t>(step) + 1);
    if (!done.ok()) {
      if (connection.in_transaction()) (void)connection.execute("ROLLBACK");  // the first fault is the one to report
      return std::move(done.error()).in_context("cannot update database '" + name + "' from version " +
                                                std::to_string(step) + " to " + std::to_string(step + 1));
    }
  }
  return connection.execute("PRAGMA foreign_keys=ON");
}

}  // namespace pai::store
