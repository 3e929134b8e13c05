#include "support/cluster.h"

#include <stdexcept>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "common/tls/tls.h"

namespace pai::test {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kReadyDeadline{30};

/// The owners of a test's data allow its master everything: what they use, and what uses nothing of theirs.
constexpr const char* kOpenPolicy = R"(
[[grants]]
name = "data"
initiator = "master"
raw = "*"
dataset = "*"
security = ["full", "split", "relaxed"]
reveals = ["gain", "roc"]

[[grants]]
name = "without-data"
initiator = "master"
security = ["full", "split", "relaxed"]
)";

std::string program(const std::string& name) { return std::string(PAI_BIN_DIR) + "/" + name; }

std::string quoted(const std::filesystem::path& path) { return "\"" + path.string() + "\""; }

void print_tail(const std::string& name, const std::string& text) {
  const std::size_t from = text.size() > 6000 ? text.find('\n', text.size() - 6000) : 0;
  std::cerr << "---- " << name << "\n" << text.substr(from == std::string::npos ? 0 : from) << "\n";
}

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)), master_port_(free_port()), dealer_port_(free_port()) {
  for (int i = 0; i < options_.nodes; ++i) {
    node_ports_.push_back(free_port());
    computation_ports_.push_back(free_port());
    std::filesystem::create_directories(node_folder(i) / "raw");
  }
  if (options_.insecure) {
    user_ = http::Client::make(std::nullopt);
  } else {
    if (options_.certificates.empty()) make_identities();
    const auto certs = certificates();
    auto material = tls::load({.certificate = certs / "user.pem", .key = certs / "user.key", .trusted = certs / "ca.pem", .allowed_peers = {}});
    user_ = http::Client::make(std::move(material).value());
    for (int i = 0; i < options_.nodes; ++i) write_text(policy_file(i), options_.policy.empty() ? kOpenPolicy : options_.policy);
  }
  nodes_.resize(static_cast<std::size_t>(options_.nodes));
  start_master();
  for (int i = 0; i < options_.nodes; ++i) start_node(i);
}

void Cluster::make_identities() {
  const auto pki = [this](const std::string& arguments) {
    const auto log = folder_ / "pki.log";
    const std::string command = program("paictl") + " pki " + arguments + " >/dev/null 2>" + log.string();
    if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot make certificates: " + read_text(log));
  };
  const auto certs = certificates();
  const auto organisation = [&](const std::string& name, const std::vector<std::string>& members) {
    const auto folder = folder_ / "authorities" / name;
    pki("init --dir " + folder.string() + " --name " + name);
    authorities_ += "\n[[authorities]]\ncertificates = " + quoted(folder / "ca.pem") + "\nnames = [\"127.0.0.1\"";
    for (const auto& member : members) {
      pki("issue --dir " + folder.string() + " --name " + member + " --san 127.0.0.1 --out " + certs.string());
      authorities_ += ", \"" + member + "\"";
    }
    authorities_ += "]\n";
    return " " + (folder / "ca.pem").string();
  };
  std::vector<std::string> coordinators{"user", "master"};
  if (options_.nodes > 0) coordinators.push_back("node0");
  std::string bundle = organisation("coordinator", coordinators);
  for (int i = 1; i < options_.nodes; ++i) bundle += organisation("owner" + std::to_string(i), {"node" + std::to_string(i)});
  pki("bundle --out " + (certs / "ca.pem").string() + bundle);
}

std::filesystem::path Cluster::certificates() const {
  return options_.certificates.empty() ? folder_ / "certs" : options_.certificates;
}

Cluster::~Cluster() {
  nodes_.clear();
  master_.reset();
  for (const pid_t pid : processes_with(folder_.path().string())) {
    ::kill(pid, SIGKILL);
    wait_gone(pid, std::chrono::seconds(10));
  }
  if (!::testing::Test::HasFailure()) return;
  print_tail("master", master_log());
  for (int i = 0; i < options_.nodes; ++i) {
    print_tail("node " + std::to_string(i), node_log(i));
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(node_folder(i) / "tasks", none)) {
      print_tail(entry.path().filename(), read_text(entry.path() / "log.txt"));
    }
  }
}

std::vector<std::string> Cluster::arguments(const std::string& name, int port, const std::string& identity) {
  std::string config = name == "pai-master" ? options_.master_config : options_.node_config;
  for (const int waiting : options_.waiting_nodes) {
    if (identity != "node" + std::to_string(waiting)) continue;
    // Its command line keeps the path of task.json, by which leftovers are found.
    const auto script = folder_ / "waiting-client";
    write_text(script, "#!/bin/bash\nexec -a \"waiting-client $2\" sleep 600\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    config = "client_program = " + quoted(script) + "\n" + config;
  }
  if (!options_.insecure) {
    const auto certs = certificates();
    if (name == "pai-node") config = "policy = " + quoted(folder_ / (identity + ".policy.toml")) + "\n" + config;
    config += "\n[tls]\ncertificate = " + quoted(certs / (identity + ".pem")) + "\nkey = " + quoted(certs / (identity + ".key")) +
              "\ntrusted = " + quoted(certs / "ca.pem") + "\n" + (name == "pai-master" ? options_.master_tls : "");
    if (name == "pai-master") {
      config += "\n[[users]]\nname = \"user\"\nidentity = \"user\"\nrole = \"admin\"\n";
      for (int i = 0; i < options_.nodes; ++i) {
        const std::string node = "node" + std::to_string(i);
        config += "\n[[nodes]]\nname = \"" + node + "\"\naddr = \"127.0.0.1\"\nhttp_port = " + std::to_string(node_port(i)) +
                  "\nidentity = \"" + node + "\"\n";
      }
    }
  }
  config += authorities_ + "\n" + (name == "pai-master" ? options_.master_config_end : options_.node_config_end);
  const auto file = folder_ / (identity + ".toml");
  write_text(file, config);
  std::vector<std::string> argv{program(name), "--config", file.string(), "--listen", "127.0.0.1:" + std::to_string(port),
                                "--data-dir", (folder_ / identity).string()};
  if (options_.insecure) argv.push_back("--insecure");
  if (name == "pai-node") {
    argv.push_back("--name");
    argv.push_back(identity);
  }
  return argv;
}

std::unique_ptr<Process> Cluster::launch(const std::string& program_name, int port, const std::string& name) {
  const NotifySocket socket(folder_ / (name + ".notify"));
  auto process = std::make_unique<Process>(arguments(program_name, port, name), folder_ / (name + ".log"),
                                           std::vector<std::string>{socket.environment()});
  if (!socket.await_ready(*process, kReadyDeadline)) {
    throw std::runtime_error(name + " did not come up:\n" + read_text(folder_ / (name + ".log")));
  }
  return process;
}

void Cluster::start_master() {
  master_.reset();
  master_ = launch("pai-master", master_port_, "master");
}

void Cluster::start_node(int index) {
  auto& slot = nodes_.at(static_cast<std::size_t>(index));
  slot.reset();
  slot = launch("pai-node", node_port(index), "node" + std::to_string(index));
}

http::Endpoint Cluster::endpoint(int port) const { return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)}; }

std::string Cluster::master_log() const { return read_text(folder_ / "master.log"); }
std::string Cluster::node_log(int index) const { return read_text(folder_ / ("node" + std::to_string(index) + ".log")); }
std::string Cluster::client_log(const std::string& task, int client, int node) const {
  return read_text(node_folder(node) / "tasks" / (task + "-" + std::to_string(client)) / "log.txt");
}

namespace {

Answer to_answer(Result<http::Response> response) {
  if (!response.ok()) return {.status = 0, .document = nullptr, .body = response.error().describe()};
  return {.status = response->status,
          .document = nlohmann::json::parse(response->body, nullptr, false),
          .body = response->body};
}

}  // namespace

std::string Cluster::paictl_options() const {
  const std::string master = "127.0.0.1:" + std::to_string(master_port_);
  if (options_.insecure) return "--master http://" + master;
  const auto certs = certificates().string();
  return "--master https://" + master + " --ca " + certs + "/ca.pem --cert " + certs + "/user.pem --key " + certs + "/user.key";
}

Answer Cluster::get(const std::string& target) {
  return to_answer(user_->call(endpoint(master_port_), {.method = http::Method::kGet, .target = target}));
}

Answer Cluster::post(const std::string& target, const std::string& body) {
  return to_answer(user_->call(endpoint(master_port_), {.method = http::Method::kPost,
                                                        .target = target,
                                                        .body = body,
                                                        .timeout = std::chrono::seconds(60)}));
}

Answer Cluster::ask_node(int node, http::Method method, const std::string& target, const std::string& body) {
  return to_answer(user_->call(endpoint(node_port(node)), {.method = method, .target = target, .body = body}));
}

nlohmann::json Cluster::full_status(const std::string& task) {
  return get("/queryStatus?task_name=" + http::encode(task)).document;
}

std::string Cluster::status(const std::string& task) {
  const auto document = full_status(task);
  return document.is_object() ? document.value("msg", "") : "";
}

nlohmann::json Cluster::task(const std::string& name, const std::vector<Party>& parties, nlohmann::json main_settings) const {
  nlohmann::json document{{"task_name", name}, {"clients", nlohmann::json::array()}};
  for (const auto& party : parties) {
    nlohmann::json config = party.role == "main_client" && main_settings.is_object() ? main_settings : party.settings;
    config["client_type"] = !party.type.empty()            ? party.type
                            : party.role == "main_client" ? "alignment_main"
                                                          : "alignment_data";
    config["computation_port"] = party.role == "crypto_producer" ? dealer_port_ : computation_port(party.node);
    document["clients"].push_back({{"role", party.role}, {"addr", "127.0.0.1"}, {"http_port", node_port(party.node)}, {"client_config", config}});
  }
  return document;
}

nlohmann::json Cluster::await(const std::string& task, const std::function<bool(const nlohmann::json&)>& wanted,
                              std::chrono::seconds deadline) {
  // Each event only wakes us; the answer to look at is queryStatus, so that a lost event can't mislead.
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t events = 0;
  const auto note = [&] {
    std::lock_guard lock(mutex);
    ++events;
    changed.notify_one();
  };
  const auto end = steady_clock::now() + deadline;
  std::unique_ptr<http::Subscription> subscription;
  nlohmann::json last;
  std::uint64_t seen = 0;
  while (steady_clock::now() < end) {
    if (!subscription) {
      subscription = user_->subscribe(endpoint(master_port_), "/watchTask?task_name=" + http::encode(task),
                                      [&](std::string_view, std::string_view) { note(); }, [&](const Error&) { note(); });
    }
    last = full_status(task);
    if (last.is_object() && wanted(last)) return last;
    std::unique_lock lock(mutex);
    // The master may be down (it is killed in some tests): then nothing comes, and we look again.
    if (!changed.wait_for(lock, std::chrono::milliseconds(250), [&] { return events > seen; })) {
      lock.unlock();
      subscription.reset();
      continue;
    }
    seen = events;
  }
  ADD_FAILURE() << "task " << task << " did not get there in " << deadline.count() << " s; last: " << last.dump(1);
  return last;
}

std::string Cluster::await_end(const std::string& task, std::chrono::seconds deadline) {
  const auto last = await(task, [](const nlohmann::json& status) {
    const std::string state = status.value("msg", "");
    return state == "Finished" || state == "Failed" || state == "Stopped";
  }, deadline);
  return last.is_object() ? last.value("msg", "") : "";
}

void Cluster::run(const nlohmann::json& document) {
  const std::string name = document.at("task_name");
  const auto created = post("/createTask", document);
  ASSERT_EQ(created.status, 200) << created.body;
  const auto started = post("/startTask?task_name=" + http::encode(name));
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_EQ(await_end(name), "Finished") << full_status(name).dump(1);
}

pid_t Cluster::client_pid(const std::string& task, int client, int node) {
  // The node says Running once the child may exec; from then on its command line names the task directory.
  await(task, [&](const nlohmann::json& status) {
    return status.at("clients").at(static_cast<std::size_t>(client)).value("state", "") == "Running";
  });
  const auto file = (node_folder(node) / "tasks" / (task + "-" + std::to_string(client)) / "task.json").string();
  const auto end = steady_clock::now() + std::chrono::seconds(10);
  while (steady_clock::now() < end) {
    const auto pids = processes_with(file);
    if (!pids.empty()) return pids.front();
    std::this_thread::yield();
  }
  throw std::runtime_error("no process of " + file);  // never a number that kill() takes for everybody
}

}  // namespace pai::test
