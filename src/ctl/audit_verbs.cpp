#include "ctl/audit_verbs.h"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "common/audit/chain_files.h"
#include "common/io/files.h"

namespace pai::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;

bool is_audit_file(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with("audit") && name.ends_with(".jsonl");
}

Result<std::vector<fs::path>> files_of(const std::string& given) {
  std::error_code fault;
  if (!fs::is_directory(given, fault)) return std::vector<fs::path>{given};
  std::vector<fs::path> files;
  for (fs::directory_iterator at(given, fault), end; !fault && at != end; at.increment(fault)) {
    if (is_audit_file(at->path())) files.push_back(at->path());
  }
  if (fault) return Error(ErrorCode::kIo, given + ": " + fault.message());
  if (files.empty()) return Error(ErrorCode::kNotFound, given + ": there is no audit log in this folder");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::string> verify_audit(const AuditOptions& options) {
  std::vector<audit::NamedText> texts;
  for (const auto& given : options.files) {
    PAI_ASSIGN(const auto files, files_of(given));
    for (const auto& file : files) {
      PAI_ASSIGN(std::string text, io::read_file(file, kFileBytesMax));
      texts.push_back({file.string(), std::move(text)});
    }
  }
  PAI_ASSIGN(std::string found, audit::check_files(texts));
  if (!options.json) return found;
  auto files = nlohmann::json::array();
  for (const auto& text : texts) files.push_back(text.name);
  return nlohmann::json{{"status", "ok"}, {"msg", found}, {"files", std::move(files)}}.dump(2) + "\n";
}

}  // namespace pai::ctl
