#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "common/csv/fault.h"

namespace pai::csv::test {

/// One byte at a time, written to be plainly right: what the block scanner is compared with.
struct PlainResult {
  std::vector<std::string> rows;
  std::vector<std::string> ids;
  std::optional<Fault> fault;  ///< the first; rows before it are complete
};

inline PlainResult plain_scan(const std::string& text, std::uint64_t fields, std::uint64_t id_column) {
  PlainResult result;
  std::uint64_t line = 1;
  std::size_t at = 0;
  const auto fail = [&](FaultKind kind, std::uint64_t where) { result.fault = Fault{kind, where, 0, 0}; };
  const auto line_end = [&](std::size_t place) {
    return place == text.size() || text[place] == '\n' ||
           (text[place] == '\r' && (place + 1 == text.size() || text[place + 1] == '\n'));
  };
  while (at < text.size()) {
    const std::size_t row_begin = at;
    const std::uint64_t row_line = line;
    std::vector<std::string> row;
    for (bool more = true; more;) {
      const std::size_t begin = at;
      if (at < text.size() && text[at] == '"') {
        const std::uint64_t opened = line;
        bool closed = false;
        for (++at; at < text.size() && !closed; ++at) {
          if (text[at] == '\n') ++line;
          if (text[at] != '"') continue;
          if (at + 1 < text.size() && text[at + 1] == '"')
            ++at;
          else
            closed = true;
        }
        if (!closed) return fail(FaultKind::kUnclosedQuote, opened), result;
        if (at < text.size() && text[at] == '\r' && !line_end(at))
          return fail(FaultKind::kBareCarriageReturn, line), result;
        if (!line_end(at) && text[at] != ',') return fail(FaultKind::kStrayQuote, line), result;
      } else {
        for (; !line_end(at) && text[at] != ','; ++at) {
          if (text[at] == '"') return fail(FaultKind::kStrayQuote, line), result;
          if (text[at] == '\r') return fail(FaultKind::kBareCarriageReturn, line), result;
        }
      }
      row.push_back(text.substr(begin, at - begin));
      more = at < text.size() && text[at] == ',';
      if (more) ++at;
    }
    const std::string whole = text.substr(row_begin, at - row_begin);
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size()) {
      ++at;
      ++line;
    }
    if (whole.empty()) continue;
    if (row.size() != fields) {
      result.fault = Fault{FaultKind::kRaggedRow, row_line, fields, row.size()};
      return result;
    }
    result.rows.push_back(whole);
    result.ids.push_back(row[static_cast<std::size_t>(id_column)]);
  }
  return result;
}

}  // namespace pai::csv::test
