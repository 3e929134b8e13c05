#include "node/control/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "common/json/strict_json.h"
#include "common/log/log.h"

namespace pai::node::control {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCommandBytesMax = std::size_t{8} << 20;
constexpr std::chrono::seconds kPatience{5};
constexpr int kWaiting = 16;

/// Ready for `events` before the deadline.
bool await(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// A line, without its end.
Result<std::string> read_line(int fd) {
  const auto deadline = Clock::now() + kPatience;
  std::string line;
  std::array<char, 65'536> block{};
  while (await(fd, POLLIN, deadline)) {
    const ssize_t got = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return Error(ErrorCode::kInvalid, "the command has no end of line");
    line.append(block.data(), static_cast<std::size_t>(got));
    if (const auto end = line.find('\n'); end != std::string::npos) {
      line.resize(end);
      return line;
    }
    if (line.size() > kCommandBytesMax) return Error(ErrorCode::kTooLarge, "the command is too long");
  }
  return Error(ErrorCode::kTimeout, "the command did not come in time");
}

void write_line(int fd, std::string line) {
  line += '\n';
  const auto deadline = Clock::now() + kPatience;
  std::string_view rest = line;
  while (!rest.empty() && await(fd, POLLOUT, deadline)) {
    const ssize_t put = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (put <= 0) return;  // it went away
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

nlohmann::json error_document(const Error& error) {
  auto details = nlohmann::json::array();
  for (const auto& detail : error.details()) details.push_back({{"where", detail.where}, {"message", detail.message}});
  return {{"status", "err"},
          {"code", error_code_name(error.code())},
          {"message", error.message()},
          {"hint", error.hint()},
          {"details", std::move(details)}};
}

std::string text_of(const nlohmann::json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const io::Root& data, Handler handler) {
  const std::string what = "cannot make " + (data.path() / kSocketName).string();
  if (::unlinkat(data.fd(), std::string(kSocketName).c_str(), 0) != 0 && errno != ENOENT) return errno_error(what, errno);
  io::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.valid()) return errno_error(what, errno);
  // By the folder's descriptor: a path of any length fits into sun_path.
  const std::string path = "/proc/self/fd/" + std::to_string(data.fd()) + "/" + std::string(kSocketName);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const mode_t before = ::umask(0177);  // 0600 from its first moment
  const int bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int fault = errno;
  ::umask(before);
  if (bound != 0) return errno_error(what, fault);
  if (::listen(listener.get(), kWaiting) != 0) return errno_error(what, errno);
  io::Fd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.valid()) return errno_error(what, errno);
  return std::unique_ptr<Server>(new Server(std::move(listener), std::move(stop), std::move(handler)));
}

Server::Server(io::Fd listener, io::Fd stop, Handler handler)
    : listener_(std::move(listener)), stop_(std::move(stop)), handler_(std::move(handler)), thread_([this] { run(); }) {}

Server::~Server() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);  // an eventfd takes it
  thread_.join();
}

void Server::run() {
  while (true) {
    std::array<pollfd, 2> waiting{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents != 0) return;
    if (waiting[0].revents == 0) continue;
    const io::Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.valid()) {
      serve(connection);
    } else if (errno == EMFILE || errno == ENFILE) {
      // Descriptors come back; the caller waits in the queue until then.
      pollfd end{stop_.get(), POLLIN, 0};
      (void)::poll(&end, 1, 100);
    }
  }
}

void Server::serve(const io::Fd& connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  if (!known || (peer.uid != ::geteuid() && peer.uid != 0)) {
    log::warning("control socket refused a caller", {{"uid", static_cast<std::uint64_t>(peer.uid)}, {"pid", static_cast<int>(peer.pid)}});
    write_line(connection.get(), text_of(error_document(Error(ErrorCode::kDenied, "only the node's own user and root may command it"))));
    return;
  }
  const auto answer = [&]() -> Result<nlohmann::json> {
    PAI_ASSIGN(const std::string line, read_line(connection.get()));
    PAI_ASSIGN(const auto command, json::parse(line, {.bytes_max = kCommandBytesMax}));
    const auto name = command.is_object() ? command.find("command") : command.end();
    if (!command.is_object() || name == command.end() || !name->is_string())
      return Error(ErrorCode::kInvalid, "a command is an object with \"command\"");
    auto done = handler_(command);
    log::info("owner's command", {{"command", name->get<std::string>()},
                                  {"uid", static_cast<std::uint64_t>(peer.uid)},
                                  {"pid", static_cast<int>(peer.pid)},
                                  {"outcome", done.ok() ? std::string("done") : done.error().message()}});
    return done;
  }();
  if (!answer.ok()) return write_line(connection.get(), text_of(error_document(answer.error())));
  auto document = *answer;
  document["status"] = "ok";
  write_line(connection.get(), text_of(document));
}

}  // namespace pai::node::control
