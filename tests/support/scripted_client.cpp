// Stands in for pai-client in tests of the node and of whole clusters: does what a script says, one command a
// line, and nothing else. The script is `script` in the task's folder or, written before the task is created,
// `scripts/<task>-<client>` beside the node's tasks folder. Without a script it finishes at once.
//
//   report PHASE DONE TOTAL    state.json: Running, with this progress
//   batches COUNT              state.json: Running, with so many batches of training done
//   start-record METRICS       record.csv with its header; METRICS like "auc,ks", or nothing
//   record ROW                 a line of record.csv, "0.5,10,0.25,0.7"; state.json tells of it
//   write FILE TEXT            a file in the task's folder
//   finish                     leaves a data set if the task names one; state.json: Finished
//   fail [blames=ID] REASON    state.json: Failed
//   stopped REASON             state.json: Stopped
//   raw-report TEXT            state.json: this text
//   say TEXT                   a line on stderr
//   log-error TEXT             a line of level error, as the log writes it
//   stage NAME                 a file in the data set's staging folder
//   fill FILE MEBIBYTES        the same, or `tasks/FILE` for one in the task's folder, with so much in it
//   grow MEBIBYTES [WORD]      takes so much memory and writes to it; without it: Failed as the real client says it, or an abort if there is a WORD
//   listen                     listens on the computation port
//   spawn                      a process in the same group that only a kill ends; its pid goes to child.pid
//   ignore-term                SIGTERM does nothing from now on
//   on-term COMMAND…           what to do at SIGTERM instead of dying, e.g. `on-term stopped asked to`; then
//   exits 0 wait NAME                  until the test opens the pipe NAME in the task's folder for writing
//   pause                      for ever, or until SIGTERM
//   exit CODE   signal NUMBER  end so
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "common/io/files.h"
#include "common/json/strict_json.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"
#include "common/task/test_record.h"

namespace {

namespace fs = std::filesystem;
using pai::task::ClientReport;
using pai::task::ClientState;

volatile sig_atomic_t terminated = 0;

[[noreturn]] void die(const std::string& what) {
  std::cerr << "scripted client: " << what << "\n";
  std::exit(99);
}

class Client {
 public:
  explicit Client(const fs::path& task_path) : folder_(task_path.parent_path()) {
    auto text = pai::io::read_file(task_path, std::size_t{16} << 20);
    if (!text.ok()) die(text.error().describe());
    auto document = pai::json::parse(*text, {.bytes_max = std::size_t{16} << 20});
    if (!document.ok()) die(document.error().describe());
    auto task = pai::task::task_file_from_json(*document);
    if (!task.ok()) die(task.error().describe());
    task_ = *std::move(task);
    report_.run_id = task_.run_id;
    report_.process.pid = ::getpid();
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    std::getline(boot, report_.process.boot_id);
    report_.process.start_time = start_time();
  }

  void run() {
    std::istringstream lines(script());
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) act(line);
      if (terminated) obey_term();
    }
  }

 private:
  static std::uint64_t start_time() {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::string word;
    for (int field = 3; field <= 22; ++field) rest >> word;
    return std::stoull(word);
  }

  std::string script() const {
    for (const auto& path :
         {folder_ / "script", folder_.parent_path().parent_path() / "scripts" / folder_.filename()}) {
      std::ifstream file(path);
      if (file) return {std::istreambuf_iterator<char>(file), {}};
    }
    return "finish\n";
  }

  void write_state(const std::string& text) const {
    const fs::path temporary = folder_ / ".state.json.new";
    std::ofstream(temporary) << text;
    fs::rename(temporary, folder_ / "state.json");
  }

  void report(ClientState state, const std::string& reason = "") {
    report_.state = state;
    report_.reason = reason;
    write_state(pai::task::to_json(report_).dump());
  }

  std::string setting(const char* name) const {
    const auto& settings = task_.self().settings;
    const auto found = settings.find(name);
    return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
  }

  fs::path staging() const { return fs::path(task_.node.datasets_root) / ".staging" / folder_.filename(); }

  void publish(const std::string& output) {
    fs::create_directories(staging());
    std::ofstream(staging() / "train.csv") << "1\n2\n3\n4\n";
    std::ofstream(staging() / "test.csv") << "5\n";
    std::ofstream(staging() / "dataset.json") << "{\"task_name\":\"" << task_.spec.name << "\"}\n";
    const fs::path target = fs::path(task_.node.datasets_root) / output;
    fs::remove_all(target);
    fs::create_directories(target.parent_path());
    fs::rename(staging(), target);
    report_.dataset = pai::task::DatasetSummary{.out_data_path = output,
                                                .files = {"train.csv", "test.csv"},
                                                .columns = {"X1"},
                                                .train_rows = 4,
                                                .test_rows = 1,
                                                .alignment_id = "00ff"};
  }

  void act(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command >> std::ws;
    std::string rest((std::istreambuf_iterator<char>(words)), {});
    if (command == "report") {
      std::istringstream numbers(rest);
      numbers >> report_.progress.phase >> report_.progress.done >> report_.progress.total;
      report_.progress.unit = "rows";
      report(ClientState::kRunning);
    } else if (command == "batches") {
      report_.n_batches = std::stoull(rest);
      report(ClientState::kRunning);
    } else if (command == "start-record") {
      report_.record = pai::task::RecordSummary{};
      report_.record->columns = {"time", "n_batches", "loss"};
      std::istringstream metrics(rest);
      for (std::string metric; std::getline(metrics, metric, ',');) report_.record->columns.push_back(metric);
      std::ofstream(folder_ / "record.csv") << pai::task::record_header(report_.record->columns);
      report(ClientState::kRunning);
    } else if (command == "record") {
      std::ofstream(folder_ / "record.csv", std::ios::app) << rest << "\n" << std::flush;
      ++report_.record->rows;
      report_.record->latest = *pai::task::parse_record_line(rest, report_.record->columns.size());
      report(ClientState::kRunning);
    } else if (command == "write") {
      const fs::path file = folder_ / rest.substr(0, rest.find(' '));
      fs::create_directories(file.parent_path());
      std::ofstream(file) << rest.substr(std::min(rest.find(' '), rest.size() - 1) + 1);
    } else if (command == "finish") {
      if (const std::string output = setting("out_data_path"); !output.empty()) publish(output);
      report(ClientState::kFinished);
    } else if (command == "fail") {
      if (rest.starts_with("blames=")) {
        report_.blames = std::stoi(rest.substr(7));
        rest.erase(0, rest.find(' ') + 1);
      }
      report(ClientState::kFailed, rest);
    } else if (command == "stopped") {
      report(ClientState::kStopped, rest);
    } else if (command == "raw-report") {
      write_state(rest);
    } else if (command == "say") {
      std::cerr << rest << std::endl;
    } else if (command == "log-error") {
      std::cerr << "2026-01-02T03:04:05.678Z error " << rest << std::endl;
    } else if (command == "stage") {
      fs::create_directories(staging());
      std::ofstream(staging() / rest) << "half";
    } else if (command == "fill") {
      const fs::path name = rest.substr(0, rest.find(' '));
      fs::create_directories(staging());
      const fs::path file = name.parent_path() == "tasks" ? folder_ / name.filename() : staging() / name;
      std::ofstream(file) << std::string(std::stoull(rest.substr(rest.find(' '))) << 20, 'x');
    } else if (command == "grow") {
      grow(rest);
    } else if (command == "listen") {
      listen();
    } else if (command == "spawn") {
      spawn();
    } else if (command == "ignore-term") {
      ::signal(SIGTERM, SIG_IGN);
    } else if (command == "on-term") {
      on_term_ = rest;
      struct sigaction action {};
      action.sa_handler = [](int) { terminated = 1; };
      ::sigaction(SIGTERM, &action, nullptr);  // without SA_RESTART: what waits is interrupted
    } else if (command == "wait") {
      const fs::path pipe = folder_ / rest;
      if (::mkfifo(pipe.c_str(), 0600) != 0 && errno != EEXIST) die("cannot make " + pipe.string());
      if (const int fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) ::close(fd);
    } else if (command == "pause") {
      // The signal may have come just before: sigsuspend with nothing blocked would sleep through it, so
      // block it first.
      sigset_t term, before;
      ::sigemptyset(&term);
      ::sigaddset(&term, SIGTERM);
      ::sigprocmask(SIG_BLOCK, &term, &before);
      while (!terminated) ::sigsuspend(&before);
      ::sigprocmask(SIG_SETMASK, &before, nullptr);
    } else if (command == "exit") {
      ::_exit(std::stoi(rest));
    } else if (command == "signal") {
      ::kill(::getpid(), std::stoi(rest));
    } else {
      die("unknown command '" + command + "'");
    }
  }

  void grow(const std::string& rest) {
    try {
      for (std::size_t mebibytes = std::stoull(rest); mebibytes >= 16; mebibytes -= 16) {
        taken_.emplace_back(std::size_t{16} << 20, 'x');
        ::usleep(20'000);  // its node looks at it once a second
      }
    } catch (const std::bad_alloc&) {
      if (rest.find(' ') != std::string::npos) std::abort();
      report(ClientState::kFailed, std::string(pai::task::kOutOfMemory));
      ::_exit(1);
    }
  }

  [[noreturn]] void obey_term() {
    const std::string command = on_term_;
    terminated = 0;
    act(command);
    ::_exit(0);
  }

  void listen() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(task_.self().computation_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1) != 0) {
      die("cannot listen on the computation port");
    }
  }

  void spawn() {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGTERM, SIG_IGN);
      while (true) ::pause();
    }
    std::ofstream(folder_ / "child.pid") << child << std::endl;
  }

  fs::path folder_;
  pai::task::TaskFile task_;
  std::vector<std::string> taken_;
  ClientReport report_;
  std::string on_term_ = "exit 0";
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string(argv[1]) != "--task") die("usage: --task FILE");
  Client(argv[2]).run();
  return 0;
}
