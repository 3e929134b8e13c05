#include "common/task/hash_chain.h"

#include <utility>

#include "common/task/sha256.h"

namespace pai::task {

namespace {

constexpr std::string_view kHashBegins = R"(,"hash":")";
constexpr std::string_view kHashEnds = R"("})";
constexpr std::size_t kHashSize = 64;

std::string number_begins(std::uint64_t line) {
  return R"({"n":)" + std::to_string(line) + ',';
}

/// Says what is wrong with a line, by its number in the file, from 0.
struct Broken {
  std::string_view kind;
  std::uint64_t begins;
  Error operator()(std::uint64_t line, std::string_view what) const {
    return Error(ErrorCode::kInvalid,
                 "line " + std::to_string(line - begins + 1) + " of the " + std::string(kind) + " " + std::string(what));
  }
};

}  // namespace

std::string HashChain::append(const nlohmann::ordered_json& entry) {
  nlohmann::ordered_json numbered{{"n", head_.lines}};
  numbered.update(entry);
  auto line = numbered.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  line.pop_back();  // the closing brace
  head_ = {head_.lines + 1, sha256_hex(head_.hash + line)};
  return line.append(kHashBegins).append(head_.hash).append(kHashEnds) + '\n';
}

Result<HashChain::Head> HashChain::verify(std::string_view text, Head begins, std::string_view what) {
  const Broken broken{what, begins.lines};
  Head head = std::move(begins);
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return broken(head.lines, "is cut off");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    constexpr auto kTail = kHashBegins.size() + kHashSize + kHashEnds.size();
    if (line.size() <= kTail || !line.ends_with(kHashEnds) ||
        line.substr(line.size() - kTail, kHashBegins.size()) != kHashBegins) {
      return broken(head.lines, "has no hash");
    }
    const auto body = line.substr(0, line.size() - kTail);
    if (!body.starts_with(number_begins(head.lines)))
      return broken(head.lines, "has another number: lines are missing or out of order");
    auto hash = sha256_hex(head.hash + std::string(body));
    if (line.substr(body.size() + kHashBegins.size(), kHashSize) != hash) {
      return broken(head.lines, "does not follow from those before it: it was changed, or one of them was");
    }
    head = {head.lines + 1, std::move(hash)};
  }
  return head;
}

}  // namespace pai::task
