#include "common/json/strict_json.h"

#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/json/foreign_syntax.h"

namespace pai::json {
namespace {

constexpr std::size_t kFaultsMax = 20;

/// Walks the text for the parser and tells how far it came: the parser's events carry no position.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackedIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

/// Builds the tree from the parser's events, which come without recursion whatever the nesting.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, int depth_max) : text_(text), depth_max_(depth_max), reached_(text.data()) {}

  const char** reached() { return &reached_; }
  nlohmann::json take() { return std::move(root_); }
  std::vector<ErrorDetail>& duplicates() { return duplicates_; }
  std::size_t duplicate_count() const { return duplicate_count_; }
  const Error* fault() const { return fault_ ? &*fault_ : nullptr; }
  bool is_syntax_fault() const { return is_syntax_fault_; }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(nlohmann::json::number_integer_t value) { return add(value); }
  bool number_unsigned(nlohmann::json::number_unsigned_t value) { return add(value); }
  bool number_float(nlohmann::json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }  // no JSON text has one

  bool start_object(std::size_t) { return open(nlohmann::json::object()); }
  bool start_array(std::size_t) { return open(nlohmann::json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    auto& frame = frames_.back();
    frame.key = std::move(name);
    if (frame.container->contains(frame.key) && ++duplicate_count_ <= kFaultsMax) {
      duplicates_.push_back({ErrorDetail::Kind::kPath, path(),
                             "the key stands twice in its object; the second is in " +
                                 to_string(position_at(text_, offset() - 1))});
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& exception) {
    is_syntax_fault_ = true;
    const std::size_t at = position == 0 ? 0 : position - 1;
    const auto where = to_string(position_at(text_, at));
    // The library's sentence follows the last place it names: "[…] parse error at line 1, column 2: syntax error…".
    std::string_view said = exception.what();
    if (const auto column = said.find(", column "); column != std::string_view::npos) {
      const auto colon = said.find(": ", column);
      if (colon != std::string_view::npos) said.remove_prefix(colon + 2);
    } else if (const auto bracket = said.find("] "); bracket != std::string_view::npos) {
      said.remove_prefix(bracket + 2);
    }
    std::string message = "not JSON at " + where + ": " + printable(said, 300);
    if (exception.id == 406) message = "a number at " + where + " is too large: " + printable(said, 120);
    fault_ = Error(ErrorCode::kInvalid, std::move(message))
                 .with_detail({ErrorDetail::Kind::kPath, where, printable(said, 300)});
    return false;
  }

 private:
  struct Frame {
    nlohmann::json* container;
    std::string key;  ///< of the member being read, when the container is an object
  };

  std::size_t offset() const { return static_cast<std::size_t>(reached_ - text_.data()); }

  std::string path() const {
    std::string text;
    for (const auto& frame : frames_) {
      if (frame.container->is_object()) {
        text = child_path(text, frame.key);
      } else {
        // Inside an array's element: the element was appended when it was opened.
        text = element_path(text, frame.container->size() - 1);
      }
    }
    return text;
  }

  /// Puts a value where it belongs and returns its place; appending moves no container that is still open.
  nlohmann::json* place(nlohmann::json value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& frame = frames_.back();
    if (frame.container->is_array()) {
      frame.container->push_back(std::move(value));
      return &frame.container->back();
    }
    auto& member = (*frame.container)[frame.key];
    member = std::move(value);
    return &member;
  }

  bool add(nlohmann::json value) {
    place(std::move(value));
    return true;
  }

  bool open(nlohmann::json container) {
    if (static_cast<int>(frames_.size()) >= depth_max_) {
      const auto where = to_string(position_at(text_, offset() == 0 ? 0 : offset() - 1));
      fault_ = Error(ErrorCode::kInvalid, "nested more than " + std::to_string(depth_max_) + " levels deep at " + where)
                   .with_detail({ErrorDetail::Kind::kPath, where,
                                 "at most " + std::to_string(depth_max_) + " levels of lists and objects are read"});
      return false;
    }
    frames_.push_back({place(std::move(container)), {}});
    return true;
  }

  bool close() {
    frames_.pop_back();
    return true;
  }

  std::string_view text_;
  int depth_max_;
  const char* reached_;
  nlohmann::json root_;
  std::vector<Frame> frames_;
  std::vector<ErrorDetail> duplicates_;
  std::size_t duplicate_count_ = 0;
  std::optional<Error> fault_;
  bool is_syntax_fault_ = false;
};

Error at_position(std::string_view text, std::size_t offset, std::string_view what, std::string_view detail) {
  const auto where = to_string(position_at(text, offset));
  return Error(ErrorCode::kInvalid, std::string(what) + " at " + where)
      .with_detail({ErrorDetail::Kind::kPath, where, std::string(detail)});
}

/// What the parser would not see or would see differently: sizes, NUL (it reads one as the end), encodings.
Status check_bytes(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes_max) {
    return Error(ErrorCode::kTooLarge, "the document has " + with_thousands(text.size()) + " bytes; at most " +
                                           with_thousands(limits.bytes_max) + " are read");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error(ErrorCode::kInvalid, text.empty() ? "the body is empty: a JSON document was expected"
                                                   : "the body has only blanks: a JSON document was expected");
  }
  if (text.size() >= 2 && (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF")) {
    return Error(ErrorCode::kInvalid, "the document is UTF-16: JSON is sent as UTF-8")
        .with_hint("save it as UTF-8 and send it again");
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return at_position(text, nul, "a NUL byte", "no JSON text has NUL bytes");
  }
  if (const auto invalid = invalid_utf8_at(text)) {
    return at_position(text, *invalid, "invalid UTF-8 (byte " + with_thousands(*invalid) + ")",
                       "the byte \"" + printable(text.substr(*invalid, 1)) + "\" begins no UTF-8 character");
  }
  return {};
}

Error duplicates_error(std::vector<ErrorDetail> details, std::size_t count) {
  std::string message = details.front().where + ": " + details.front().message;
  if (count > 1) message = std::to_string(count) + " keys stand twice in their objects; the first: " + message;
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details));
}

bool is_identifier(std::string_view key) {
  if (key.empty() || (key[0] >= '0' && key[0] <= '9')) return false;
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain) return false;
  }
  return true;
}

}  // namespace

Result<nlohmann::json> parse(std::string_view text, const Limits& limits) {
  PAI_TRY(check_bytes(text, limits));
  TreeBuilder tree(text, limits.depth_max);
  try {
    const TrackedIterator begin(text.data(), tree.reached());
    const TrackedIterator end(text.data() + text.size(), tree.reached());
    const bool complete = nlohmann::json::sax_parse(begin, end, &tree);
    if (complete && tree.duplicates().empty()) return tree.take();
  } catch (const nlohmann::json::exception& exception) {
    return Error(ErrorCode::kInternal, std::string("the JSON parser failed: ") + printable(exception.what()));
  }
  if (tree.is_syntax_fault()) {
    if (const auto findings = find_foreign_syntax(text); !findings.empty()) return foreign_syntax_error(findings);
  }
  if (tree.fault() != nullptr) return *tree.fault();
  if (tree.duplicates().empty()) return Error(ErrorCode::kInternal, "the JSON parser stopped without saying why");
  return duplicates_error(std::move(tree.duplicates()), tree.duplicate_count());
}

std::string child_path(std::string_view path, std::string_view key) {
  std::string text(path);
  if (is_identifier(key)) {
    if (!text.empty()) text += '.';
    return text.append(printable(key, 60));
  }
  return text.append("[\"").append(printable(key, 60)).append("\"]");
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path).append("[").append(std::to_string(index)).append("]");
}

std::string canonical(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pai::json
