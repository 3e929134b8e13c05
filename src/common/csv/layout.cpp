#include "common/csv/layout.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "common/base/text.h"

namespace pai::csv {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// One field of the header and what stood after it.
struct HeaderField {
  std::string name;
  std::string raw;
};

/// Walks the header byte by byte; it is read once and short, so clearness wins over speed.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, bool whole) : text_(text), whole_(whole) {}

  /// The header, or the fault.
  std::variant<Header, Fault> parse() {
    if (text_.empty()) return fault(FaultKind::kEmptyFile);
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    skip_blank_lines();
    if (at_ == text_.size()) return fault(whole_ ? FaultKind::kEmptyFile : FaultKind::kHeaderTooLong);
    Header header;
    for (bool more = true; more;) {
      HeaderField field;
      const auto problem = parse_field(field);
      if (problem) return *problem;
      header.names.push_back(std::move(field.name));
      header.raw.push_back(std::move(field.raw));
      if (at_ == text_.size()) {
        if (!whole_) return fault(FaultKind::kHeaderTooLong);
        more = false;
      } else {
        more = text_[at_] == ',';
        if (!more)
          take_line_end();
        else
          ++at_;
      }
    }
    header.rows_offset = at_;
    header.rows_line = line_;
    return header;
  }

 private:
  Fault fault(FaultKind kind) const { return Fault{kind, line_, 0, 0}; }
  bool at_line_end(std::size_t at) const {
    return at == text_.size() || text_[at] == '\n' ||
           (text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n'));
  }
  void take_line_end() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
      ++line_;
    }
  }
  void skip_blank_lines() {
    while (at_ < text_.size() && at_line_end(at_)) take_line_end();
  }

  std::optional<Fault> parse_field(HeaderField& field) {
    const std::size_t begin = at_;
    std::optional<Fault> problem =
        at_ < text_.size() && text_[at_] == '"' ? parse_quoted(field.name) : parse_plain(field.name);
    field.raw = text_.substr(begin, at_ - begin);
    if (!problem && field.raw.find('\0') != std::string::npos) problem = fault(FaultKind::kNulByte);
    if (!problem && invalid_utf8_at(field.raw)) problem = fault(FaultKind::kInvalidUtf8);
    return problem;
  }

  std::optional<Fault> parse_plain(std::string& name) {
    for (; at_ < text_.size() && text_[at_] != ',' && !at_line_end(at_); ++at_) {
      if (text_[at_] == '"') return fault(FaultKind::kStrayQuote);
      if (text_[at_] == '\r') return fault(FaultKind::kBareCarriageReturn);
      name += text_[at_];
    }
    return std::nullopt;
  }

  std::optional<Fault> parse_quoted(std::string& name) {
    const Fault unclosed = fault(FaultKind::kUnclosedQuote);
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        name += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        name += '"';
        ++at_;
      } else {
        ++at_;
        if (!at_line_end(at_) && text_[at_] != ',') return fault(FaultKind::kStrayQuote);
        return std::nullopt;
      }
    }
    return whole_ ? unclosed : fault(FaultKind::kHeaderTooLong);
  }

  std::string_view text_;
  bool whole_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

std::string quoted_name(std::string_view name) {
  return "'" + printable(name) + "'";
}

/// Turns names and positions into positions, and collects what is wrong with them.
class Resolver {
 public:
  explicit Resolver(const Header& header) : header_(header) {}

  std::optional<std::uint32_t> find(const ColumnRequest::Column& column) {
    if (const auto* position = std::get_if<std::uint64_t>(&column)) {
      if (*position < header_.names.size()) return static_cast<std::uint32_t>(*position);
      add("column " + std::to_string(*position) + " is not in the file, which has columns 0 to " +
          std::to_string(header_.names.size() - 1));
      return std::nullopt;
    }
    return find_name(std::get<std::string>(column));
  }

  void add(std::string problem) { problems_.push_back(std::move(problem)); }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::optional<std::uint32_t> find_name(const std::string& name) {
    const auto first = std::find(header_.names.begin(), header_.names.end(), name);
    if (first == header_.names.end()) {
      add_missing(name);
      return std::nullopt;
    }
    if (std::find(first + 1, header_.names.end(), name) != header_.names.end()) {
      add("column " + quoted_name(name) + " stands in the header more than once; ask for it by position");
      return std::nullopt;
    }
    return static_cast<std::uint32_t>(first - header_.names.begin());
  }

  void add_missing(const std::string& name) {
    // A table without a header line has a person's row there: this goes to others, so it quotes what was
    // asked for alone.
    const std::size_t count = header_.names.size();
    std::string problem =
        "column " + quoted_name(name) + " is not in the header, which has " +
        (count == 1 ? "one column: are the fields separated by commas?" : std::to_string(count) + " columns");
    const auto differs_by_case = [&](const std::string& other) {
      return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    };
    if (std::any_of(header_.names.begin(), header_.names.end(), differs_by_case))
      problem += "; one differs by letter case only";
    add(std::move(problem));
  }

  const Header& header_;
  std::vector<std::string> problems_;
};

bool contains(const std::vector<std::uint32_t>& columns, std::uint32_t column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

Error columns_error(std::string_view file, std::uint64_t line, const std::vector<std::string>& problems) {
  const std::string place = printable(file, 300) + ":" + std::to_string(line);
  Error error(ErrorCode::kInvalid, "'" + printable(file, 300) + "': " + problems.front());
  for (const auto& problem : problems)
    error = std::move(error).with_detail({ErrorDetail::Kind::kFile, place, problem});
  return error;
}

}  // namespace

bool Layout::keeps_file_order() const {
  if (id_columns.size() != 1 || id_columns[0] != 0 || value_columns.size() + 1 != fields()) return false;
  for (std::size_t i = 0; i < value_columns.size(); ++i) {
    if (value_columns[i] != i + 1) return false;
  }
  return true;
}

std::vector<std::string> Layout::names_of(const std::vector<std::uint32_t>& columns) const {
  std::vector<std::string> names;
  for (const auto column : columns) names.push_back(header.names[column]);
  return names;
}

Result<Header> parse_header(std::string_view file, std::string_view text, bool whole) {
  auto parsed = HeaderParser(text, whole).parse();
  if (const auto* fault = std::get_if<Fault>(&parsed)) return fault_error(file, *fault);
  return std::get<Header>(std::move(parsed));
}

Result<Layout> resolve(std::string_view file, Header header, const ColumnRequest& request) {
  Layout layout;
  layout.header = std::move(header);
  Resolver resolver(layout.header);
  if (request.id_columns.empty()) layout.id_columns.push_back(0);
  for (const auto& name : request.id_columns) {
    const auto position = resolver.find(name);
    if (!position) continue;
    if (contains(layout.id_columns, *position))
      resolver.add("ID column " + quoted_name(name) + " is asked for twice");
    else
      layout.id_columns.push_back(*position);
  }
  if (!request.columns) {
    for (std::uint32_t i = 0; i < layout.fields(); ++i) {
      if (!contains(layout.id_columns, i)) layout.value_columns.push_back(i);
    }
  } else {
    for (const auto& column : *request.columns) {
      const auto position = resolver.find(column);
      if (!position) continue;
      const std::string name = std::holds_alternative<std::string>(column)
                                   ? quoted_name(std::get<std::string>(column))
                                   : std::to_string(*position);
      if (contains(layout.id_columns, *position))
        resolver.add("column " + name + " is an ID column, which no training table holds");
      else if (contains(layout.value_columns, *position))
        resolver.add("column " + name + " is asked for twice");
      else
        layout.value_columns.push_back(*position);
    }
  }
  if (!resolver.problems().empty()) {
    const std::uint64_t line = layout.header.rows_line > 1 ? layout.header.rows_line - 1 : 1;
    return columns_error(file, line, resolver.problems());
  }
  return layout;
}

}  // namespace pai::csv
