#include "master/create_admin.h"

#include <unistd.h>

#include "common/audit/log.h"
#include "common/io/files.h"

namespace pai::master {
namespace {

constexpr int kDays = 90;

}  // namespace

Result<Users::Made> create_admin(const std::filesystem::path& data_dir, const std::string& name) {
  PAI_TRY(access::check_user_name(name));
  PAI_ASSIGN(const auto data, io::Root::open(data_dir, true));
  const auto lock = io::FolderLock::acquire(data, "master.lock");
  if (!lock.ok()) {
    auto error = Error(lock.error());
    return std::move(error).with_hint("stop the master first (tasks go on), or let an admin run: paictl user add");
  }
  PAI_ASSIGN(const auto store, Store::open(data_dir / "master.db"));
  PAI_ASSIGN(const auto users, Users::open(*store));
  PAI_ASSIGN(const auto audit, audit::Log::open({.folder = data_dir}));
  PAI_TRY(audit->ready());
  auto made = users->add(name, access::Role::kAdmin, kDays, "");
  audit->append({.who = {},
                 .credential = "the master's machine",
                 .from = "uid " + std::to_string(::getuid()),
                 .method = {},
                 .path = "--create-admin",
                 .task = {},
                 .decision = made.ok() ? "done" : "failed",
                 .code = 0,
                 .reason = made.ok() ? "" : made.error().message(),
                 .parameters = "name=" + name,
                 .body_sha256 = {}});
  return made;
}

}  // namespace pai::master
