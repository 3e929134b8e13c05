#include "ctl/owner/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/io/files.h"
#include "common/json/strict_json.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

constexpr const char* kSocket = "control.sock";
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;
// A file that a grant pins is hashed before the node answers.
constexpr std::chrono::minutes kPatience{5};

Result<io::Fd> connect(const std::string& data_dir) {
  const std::string what = "no node answers in '" + printable(data_dir, 400) + "'";
  const auto unavailable = [&](int fault) {
    if (fault == EACCES || fault == EPERM) {
      return Error(ErrorCode::kDenied, what + ": permission denied").with_hint("run it as the node's user, or as root");
    }
    return Error(ErrorCode::kUnavailable, what + ": " + errno_message(fault)).with_hint("is pai-node running with this --data-dir?");
  };
  const io::Fd folder(::open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return unavailable(errno);
  io::Fd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connection.valid()) return errno_error("cannot make a socket", errno);
  // By the folder's descriptor: a path of any length fits into sun_path.
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + kSocket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return unavailable(errno);
  return connection;
}

Status send_line(int fd, const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t put = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    // It may have answered already, and not wanted the rest.
    if (put <= 0) return {};
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<std::string> read_answer(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string text;
  std::array<char, 65'536> block{};
  while (text.size() <= kAnswerBytesMax) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Error(ErrorCode::kTimeout, "the node did not answer in time");
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t got = ::recv(fd, block.data(), block.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("the node's answer", errno);
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return Error(ErrorCode::kTooLarge, "the node's answer is too long");
}

std::string text(const json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : "";
}

Error error_from(const json& answer) {
  const std::string name = text(answer, "code");
  ErrorCode code = ErrorCode::kInvalid;
  for (const auto each : {ErrorCode::kDenied, ErrorCode::kNotFound, ErrorCode::kConflict, ErrorCode::kIo, ErrorCode::kInternal}) {
    if (error_code_name(each) == name) code = each;
  }
  std::vector<ErrorDetail> details;
  if (const auto found = answer.find("details"); found != answer.end() && found->is_array()) {
    for (const auto& each : *found) {
      if (each.is_object()) details.push_back({ErrorDetail::Kind::kPath, text(each, "where"), text(each, "message")});
    }
  }
  return Error(code, text(answer, "message")).with_hint(text(answer, "hint")).with_details(std::move(details));
}

Result<json> read_task(const std::string& file) {
  PAI_ASSIGN(const std::string content, io::read_file(file, kFileBytesMax));
  auto parsed = pai::json::parse(content, {.bytes_max = kFileBytesMax});
  if (!parsed.ok()) return std::move(parsed).error().in_context(file);
  return parsed;
}

}  // namespace

Result<std::string> run_owner_command(const OwnerOptions& options) {
  json command = options.command;
  const bool checks = text(command, "command") == "grant_check";
  if (checks && options.task_file.empty())
    return Error(ErrorCode::kInvalid, "grant check wants --task FILE or --policy FILE").with_hint("paictl grant check --help");
  if (!options.task_file.empty()) {
    PAI_ASSIGN(command["task"], read_task(options.task_file));
  }
  if (!options.policy_file.empty()) {
    PAI_ASSIGN(command["text"], io::read_file(options.policy_file, kFileBytesMax));
    command["file"] = options.policy_file;
  }
  PAI_ASSIGN(const io::Fd connection, connect(options.data_dir));
  const std::string line = command.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  PAI_TRY(send_line(connection.get(), line));
  PAI_ASSIGN(const std::string answered, read_answer(connection.get()));
  PAI_ASSIGN(auto answer, pai::json::parse(answered, {.bytes_max = kAnswerBytesMax}));
  if (!answer.is_object()) return Error(ErrorCode::kInternal, "the node's answer is no object");
  if (text(answer, "status") != "ok") return error_from(answer);
  answer.erase("status");
  if (options.json) return answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return words_of_answer(options.command, answer);
}

}  // namespace pai::ctl
