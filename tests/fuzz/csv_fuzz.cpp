// Tables: the header, and the block scanner with every classifier against a byte-by-byte one. The first byte
// chooses the ID column, the size of pieces and whether unfinished rows move.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../unit/common/csv/plain_scanner.h"
#include "common/base/check.h"
#include "common/csv/layout.h"
#include "common/csv/row_fields.h"
#include "common/csv/scanner.h"

namespace {

using namespace pai;
using namespace pai::csv;

constexpr std::uint32_t kFields = 3;

struct Outcome {
  std::vector<std::string> rows, ids;
  bool ok = true;
  std::string error;
};

Outcome scan(const std::string& text, std::uint32_t id_column, std::size_t piece, bool relocate,
             Classify classify) {
  Outcome outcome;
  Layout layout;
  layout.id_columns = {id_column, (id_column + 1) % kFields};
  IdReader reader(layout);
  Scanner scanner(
      {.file = "t", .fields = kFields, .id_column = id_column, .first_line = 1, .classify = classify},
      [&](std::span<const Row> rows) {
        std::size_t empty_at = 0;
        (void)reader.read(rows, empty_at);
        for (const Row& row : rows) {
          outcome.rows.emplace_back(row.text());
          outcome.ids.emplace_back(row.id_field());
        }
        return Status();
      });
  // Exactly as large as the text: a byte read beyond is seen.
  std::vector<std::unique_ptr<char[]>> memory;
  const auto place = [&] {
    memory.push_back(std::make_unique<char[]>(text.size()));
    if (!text.empty()) std::memcpy(memory.back().get(), text.data(), text.size());
    return memory.back().get();
  };
  char* current = place();
  std::size_t fed = 0;
  const std::size_t whole = text.size() / 64 * 64;
  Status status;
  while (status.ok() && fed < whole) {
    const std::size_t size = std::min(piece, whole - fed);
    status = scanner.feed(current + fed, size);
    fed += size;
    if (status.ok() && relocate) {
      const auto row_at = scanner.unfinished() - current;
      current = place();
      scanner.relocate(current + row_at);
    }
  }
  if (status.ok()) status = scanner.finish(current + fed, text.size() - fed);
  outcome.ok = status.ok();
  if (!status.ok()) outcome.error = status.error().message();
  return outcome;
}

void try_header(const std::string& text) {
  for (const bool whole : {false, true}) {
    auto header = parse_header("t", text, whole);
    if (!header.ok()) continue;
    PAI_CHECK(header->names.size() == header->raw.size() && header->rows_offset <= text.size(),
              "a header within its text");
    (void)resolve("t", std::move(*header), {.columns = {{"a", std::uint64_t{1}}}, .id_columns = {"b"}}).ok();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  try_header(text);
  const std::uint32_t id_column = choice % kFields;
  const bool readable = text.find('\0') == std::string::npos && !invalid_utf8_at(text);
  const auto plain = csv::test::plain_scan(text, kFields, id_column);
  for (const auto& classifier : classifiers()) {
    const Outcome outcome =
        scan(text, id_column, 64 * (1 + choice / 8 % 4), (choice & 128) != 0, classifier.classify);
    if (!readable) {
      PAI_CHECK(!outcome.ok, "text that is not UTF-8 is refused");
      continue;
    }
    PAI_CHECK(outcome.error == (plain.fault ? fault_error("t", *plain.fault).message() : ""),
              "the same fault in the same line");
    if (!plain.fault) PAI_CHECK(outcome.rows == plain.rows && outcome.ids == plain.ids, "the same rows");
  }
  return 0;
}
