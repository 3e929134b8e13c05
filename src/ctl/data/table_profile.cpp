#include "ctl/data/table_profile.h"

#include <fcntl.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "common/base/text.h"
#include "common/csv/file_source.h"
#include "common/csv/row_fields.h"
#include "common/csv/scanner.h"
#include "common/io/files.h"

namespace pai::ctl::data {
namespace {

constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kHeadBytes = std::size_t{1} << 16;

/// Finds IDs that occur twice without keeping them.
class DuplicateFinder {
 public:
  DuplicateFinder() : digest_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {}

  Status add(std::string_view id, std::uint64_t line) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1 ||
        EVP_DigestUpdate(digest_.get(), id.data(), id.size()) != 1 || EVP_DigestFinal_ex(digest_.get(), hash.data(), &size) != 1) {
      return Error(ErrorCode::kInternal, "SHA-256 is not there");
    }
    Seen seen{{}, line};
    std::memcpy(seen.tag.data(), hash.data(), sizeof seen.tag);
    seen_.push_back(seen);
    return {};
  }

  void report(TableProfile& profile) {
    std::sort(seen_.begin(), seen_.end(), [](const Seen& a, const Seen& b) { return std::tie(a.tag, a.line) < std::tie(b.tag, b.line); });
    for (std::size_t begin = 0, end = 0; begin < seen_.size(); begin = end) {
      for (end = begin + 1; end < seen_.size() && seen_[end].tag == seen_[begin].tag; ++end) {
        ++profile.duplicates;
        profile.examples.push_back({seen_[begin].line, seen_[end].line});
      }
    }
    std::sort(profile.examples.begin(), profile.examples.end(), [](const auto& a, const auto& b) { return a.again < b.again; });
    if (profile.examples.size() > kExamplesMax) profile.examples.resize(kExamplesMax);
  }

 private:
  struct Seen {
    std::array<std::uint64_t, 2> tag;  // of the ID's SHA-256: no two IDs of one table share it
    std::uint64_t line;
  };
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_;
  std::vector<Seen> seen_;
};

/// The cell as it is meant. `pool` holds it where that is not as it is written.
std::string_view meant(std::string_view field, std::string& pool) {
  if (!field.starts_with('"')) return field;
  pool.clear();
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    pool += field[i];
    if (field[i] == '"') ++i;  // a doubled quote
  }
  return pool;
}

/// What `LineProfile` needs of the header, which the scanner of rows does not see.
Status read_head(int fd, const std::string& name, std::uint64_t size, LineProfile& lines) {
  std::string buffer(kHeadBytes, '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    PAI_ASSIGN(const std::size_t got, csv::read_at(fd, name, buffer.data(), wanted, at));
    if (got == 0) return csv::changed_error(name);
    lines.add(std::string_view(buffer).substr(0, got));
    at += got;
  }
  return {};
}

}  // namespace

Result<TableProfile> profile_table(const std::string& file, const std::vector<std::string>& id_columns) {
  const io::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return errno_error("cannot open '" + file + "'", errno);
  PAI_ASSIGN(const auto identity, csv::identify(fd.get(), file));
  PAI_ASSIGN(const auto layout, csv::read_layout(fd.get(), file, {.columns = std::nullopt, .id_columns = id_columns}));

  TableProfile profile;
  profile.file = file;
  profile.bytes = identity.bytes;
  profile.id_columns = layout.id_names();
  profile.columns = layout.value_names();
  profile.profiles.resize(profile.columns.size());
  PAI_TRY(read_head(fd.get(), file, layout.header.rows_offset, profile.lines));

  DuplicateFinder ids;
  csv::IdReader reader(layout);
  csv::RowFields fields;
  std::string pool;
  csv::Scanner* at_work = nullptr;
  const auto sink = [&](std::span<const csv::Row> rows) -> Status {
    if (rows.empty()) return {};
    std::size_t empty_at = rows.size();
    const auto read = reader.read(rows, empty_at);
    if (empty_at < rows.size()) return at_work->error_at(rows[empty_at], csv::FaultKind::kEmptyId);
    auto line = at_work->line_of(rows.front());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) line += static_cast<std::uint64_t>(std::count(rows[i - 1].begin, rows[i].begin, '\n'));
      PAI_TRY(ids.add(read[i], line));
      fields.split(rows[i].text());
      for (std::size_t column = 0; column < profile.profiles.size(); ++column) {
        profile.profiles[column].add(meant(fields[layout.value_columns[column]], pool), line);
      }
    }
    profile.rows += rows.size();
    return {};
  };
  csv::Scanner scanner({.file = file,
                        .fields = static_cast<std::uint32_t>(layout.fields()),
                        .id_column = layout.id_columns.front(),
                        .first_line = layout.header.rows_line},
                       sink);
  at_work = &scanner;
  PAI_TRY(csv::scan_file({fd.get(), file, layout.header.rows_offset, identity.bytes}, scanner,
                         [&](std::string_view block, std::uint64_t) -> Status {
                           profile.lines.add(block);
                           return {};
                         }));
  ids.report(profile);
  return profile;
}

}  // namespace pai::ctl::data
