#include "common/store/write_probe.h"

namespace pai::store {

Status rewrite_a_page(Database& database) {
  return database.write([](Connection& connection) -> Status {
    PAI_ASSIGN(const auto rows, connection.query("PRAGMA user_version"));
    if (rows.empty()) return Error(ErrorCode::kInternal, "the database has no version");
    PAI_TRY(connection.run("PRAGMA user_version = " + std::to_string(as_int(rows[0].at(0)))));
    return {};
  });
}

Status WriteProbe::ask() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (!tried_ || now - *tried_ >= interval_) {
    last_ = try_to_write_();
    tried_ = Clock::now();
  }
  return last_;
}

}  // namespace pai::store
