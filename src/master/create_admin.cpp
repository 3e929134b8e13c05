#include "master/create_admin.h"

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
  return users->add(name, access::Role::kAdmin, kDays, "");
}

}  // namespace pai::master
