#include "common/json/foreign_syntax.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::json {
namespace {

using Kind = ForeignSyntax::Kind;

constexpr std::size_t kDetailsMax = 20;
constexpr std::size_t kFindingsMax = 1000;

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Marks that a word processor or a Chinese keyboard puts where JSON wants ASCII.
constexpr std::array<std::string_view, 10> kTypographicMarks = {"“", "”", "‘", "’", "，", "：", "｛", "｝", "［", "］"};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  std::vector<ForeignSyntax> run() {
    while (at_ < text_.size() && !lost_ && findings_.size() < kFindingsMax) step();
    return std::move(findings_);
  }

 private:
  bool starts_with(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  void advance(std::size_t bytes) {
    for (; bytes > 0 && at_ < text_.size(); --bytes, ++at_) {
      if (text_[at_] == '\n') {
        ++here_.line;
        here_.column = 1;
      } else if (!is_continuation(text_[at_])) {
        ++here_.column;
      }
    }
  }

  void advance_to_line_end() {
    const auto end = text_.find('\n', at_);
    advance((end == std::string_view::npos ? text_.size() : end) - at_);
  }

  void report(Kind kind, std::string_view token) {
    for (auto other = findings_.rbegin(); other != findings_.rend() && other->at.line == here_.line; ++other) {
      if (other->kind == kind) return;
    }
    findings_.push_back({kind, here_, token});
  }

  void step() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return advance(1);
    if (c == '#') return comment(Kind::kHashComment, 1);
    if (starts_with("//")) return comment(Kind::kSlashComment, 2);
    if (starts_with("/*")) return block_comment();
    if (c == ',') {
      comma_ = Comma{at_, here_};
      return advance(1);
    }
    if ((c == '}' || c == ']') && comma_.offset != kNowhere) {
      std::swap(here_, comma_.at);
      report(Kind::kTrailingComma, text_.substr(comma_.offset, 1));
      std::swap(here_, comma_.at);
    }
    comma_.offset = kNowhere;
    if (c == '"') return string();
    if (c == '\'') return single_quoted();
    if (is_digit(c)) return number();
    if (is_word_start(c)) return word();
    for (const auto mark : kTypographicMarks) {
      if (starts_with(mark)) {
        report(Kind::kTypographic, mark);
        return advance_to_line_end();
      }
    }
    advance(1);
  }

  void comment(Kind kind, std::size_t mark_bytes) {
    report(kind, text_.substr(at_, mark_bytes));
    advance_to_line_end();
  }

  void block_comment() {
    report(Kind::kBlockComment, text_.substr(at_, 2));
    const auto end = text_.find("*/", at_ + 2);
    advance((end == std::string_view::npos ? text_.size() : end + 2) - at_);
  }

  /// Bytes of the quoted text at `at_`, or nothing known when it is not closed on its line.
  std::size_t quoted_bytes(char quote) const {
    for (std::size_t i = at_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        return i + 1 - at_;
      }
    }
    return kNowhere;
  }

  void string() {
    const auto bytes = quoted_bytes('"');
    if (bytes == kNowhere) {
      lost_ = true;
    } else {
      advance(bytes);
    }
  }

  void single_quoted() {
    const auto bytes = quoted_bytes('\'');
    lost_ = bytes == kNowhere;
    report(Kind::kSingleQuotes, text_.substr(at_, lost_ ? 1 : bytes));
    if (!lost_) advance(bytes);
  }

  void number() {
    std::size_t end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.' || text_[end] == '+' ||
                                  text_[end] == '-' || text_[end] == 'e' || text_[end] == 'E')) {
      ++end;
    }
    advance(end - at_);
  }

  void word() {
    std::size_t end = at_;
    while (end < text_.size() && (is_word_start(text_[end]) || is_digit(text_[end]))) ++end;
    const auto word = text_.substr(at_, end - at_);
    if (word == "True" || word == "False" || word == "None") {
      report(Kind::kPythonWord, word);
    } else if (word == "NaN" || word == "nan" || word == "Infinity" || word == "inf") {
      report(Kind::kNotFinite, word);
    } else if (word != "true" && word != "false" && word != "null") {
      report(Kind::kBareWord, word);
    }
    advance(end - at_);
  }

  static constexpr std::size_t kNowhere = std::string_view::npos;
  struct Comma {
    std::size_t offset = kNowhere;
    Position at;
  };

  std::string_view text_;
  std::size_t at_ = 0;
  Position here_;
  Comma comma_;  ///< the last comma, while only blanks and comments followed it
  bool lost_ = false;
  std::vector<ForeignSyntax> findings_;
};

std::string what_it_is(const ForeignSyntax& finding) {
  const auto quoted = "(" + printable(finding.token, 40) + ")";
  switch (finding.kind) {
    case Kind::kHashComment:
    case Kind::kSlashComment:
    case Kind::kBlockComment: return "a comment " + quoted + ": JSON has none; remove it";
    case Kind::kTrailingComma: return "a trailing comma: nothing follows it before the bracket; remove it";
    case Kind::kSingleQuotes: return "single quotes " + quoted + ": JSON strings stand in double quotes";
    case Kind::kPythonWord: {
      const auto json_word = finding.token == "True" ? "true" : finding.token == "False" ? "false" : "null";
      return std::string(finding.token) + ", which is Python: JSON says " + json_word;
    }
    case Kind::kNotFinite: return std::string(finding.token) + ": JSON has finite numbers only";
    case Kind::kBareWord: return "a word without quotes " + quoted + ": JSON keys and strings stand in double quotes";
    case Kind::kTypographic: return "a typographic mark " + quoted + ": JSON uses plain \" , : { } [ ]";
  }
  PAI_CHECK(false, "a kind outside the enumeration");
}

/// Kinds that a reader sees as one are listed together.
std::string_view group_name(Kind kind) {
  switch (kind) {
    case Kind::kHashComment:
    case Kind::kSlashComment:
    case Kind::kBlockComment: return "comments";
    case Kind::kTrailingComma: return "trailing commas";
    case Kind::kSingleQuotes: return "single quotes";
    case Kind::kPythonWord: return "Python words";
    case Kind::kNotFinite: return "numbers that are not finite";
    case Kind::kBareWord: return "words without quotes";
    case Kind::kTypographic: return "typographic marks";
  }
  PAI_CHECK(false, "a kind outside the enumeration");
}

std::string summary(const std::vector<ForeignSyntax>& findings) {
  std::vector<std::pair<std::string_view, std::vector<std::size_t>>> groups;
  for (const auto& finding : findings) {
    const auto name = group_name(finding.kind);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    if (group->second.empty() || group->second.back() != finding.at.line) group->second.push_back(finding.at.line);
  }
  std::string text = "the document has what JSON has not: ";
  const char* separator = "";
  for (const auto& [name, lines] : groups) {
    text.append(std::exchange(separator, "; ")).append(name).append(lines.size() == 1 ? " in line " : " in lines ");
    for (std::size_t i = 0; i < lines.size() && i < kDetailsMax; ++i) {
      text.append(i == 0 ? "" : ", ").append(std::to_string(lines[i]));
    }
    if (lines.size() > kDetailsMax) text.append(" and ").append(std::to_string(lines.size() - kDetailsMax)).append(" more");
  }
  return text;
}

}  // namespace

Position position_at(std::string_view text, std::size_t offset) {
  Position position;
  const std::size_t begin = text.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  for (std::size_t i = begin; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!is_continuation(text[i])) {
      ++position.column;
    }
  }
  return position;
}

std::string to_string(Position position) {
  return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
}

std::vector<ForeignSyntax> find_foreign_syntax(std::string_view text) { return Scanner(text).run(); }

Error foreign_syntax_error(const std::vector<ForeignSyntax>& findings) {
  PAI_CHECK(!findings.empty(), "nothing was found to report");
  std::string message = findings.size() == 1
                            ? "line " + std::to_string(findings[0].at.line) + " has " + what_it_is(findings[0])
                            : summary(findings);
  std::vector<ErrorDetail> details;
  bool python = false, comments = false;
  for (const auto& finding : findings) {
    python |= finding.kind == Kind::kSingleQuotes || finding.kind == Kind::kPythonWord;
    comments |= finding.kind == Kind::kHashComment || finding.kind == Kind::kSlashComment ||
                finding.kind == Kind::kBlockComment;
    if (details.size() < kDetailsMax) {
      details.push_back({ErrorDetail::Kind::kPath, to_string(finding.at), what_it_is(finding)});
    }
  }
  std::string hint;
  if (python) {
    hint = "this looks like a Python dictionary: send what json.dumps() makes of it";
  } else if (comments) {
    hint = "JSON has no comments: keep them beside the document, not in it";
  }
  return Error(ErrorCode::kInvalid, std::move(message)).with_hint(std::move(hint)).with_details(std::move(details));
}

}  // namespace pai::json
