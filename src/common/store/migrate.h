#pragma once

#include <span>
#include <string_view>

#include "common/store/connection.h"

namespace pai::store {

/// Creates the file with mode 0600 when it isn't there; takes other users' access away when it is.
Status prepare_file(const std::filesystem::path& file);

/// Brings the schema to `migrations.size()`, one transaction a step. kConflict when the file is newer.
Status migrate(SqliteConnection& connection, const std::filesystem::path& file,
               std::span<const std::string_view> migrations);

}  // namespace pai::store
