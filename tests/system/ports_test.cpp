// Tasks that leave computation ports out: the nodes assign them, the parties find each other, no port is assigned twice, and an exhausted
// range is refused with a sentence.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "support/cluster.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;

nlohmann::json without_ports(const Cluster& cluster, const std::string& name) {
  auto task = cluster.task(name, {{.role = "main_client", .node = 0},
                                  {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}},
                                  {.role = "label_client", .node = 1, .settings = {{"raw_data_path", "u.csv"}, {"out_data_path", name + "-u"}}}});
  for (auto& client : task["clients"]) client["client_config"].erase("computation_port");
  return task;
}

/// Enough people for a train and a test part.
void write_tables(const Cluster& cluster) {
  std::string table = "id,x\n";
  for (int i = 0; i < 20; ++i) table += "k" + std::to_string(i) + ",1\n";
  for (const char* file : {"t.csv", "u.csv"}) write_text(cluster.raw(1, file), table);
}

bool is_free(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

/// The first of so many ports on which nobody listens.
int free_range(int size) {
  for (int look = 0; look < 1'000; ++look) {
    const int base = free_port();
    int free = 0;
    while (free < size && base + free < 65'536 && is_free(base + free)) ++free;
    if (free == size) return base;
  }
  ADD_FAILURE() << "no range of free ports";
  return 0;
}

/// As the client's task.json at its node has it.
int port_of(const Cluster& cluster, const std::string& task, int client, int node) {
  const auto file = nlohmann::json::parse(read_text(cluster.node_folder(node) / "tasks" / (task + "-" + std::to_string(client)) / "task.json"), nullptr, false);
  static const auto find = [](const auto& self, const nlohmann::json& at, int id) -> int {
    if (at.is_object() && at.contains("id") && at["id"] == id && at.contains("computation_port")) return at["computation_port"];
    for (const auto& part : at) {
      if (!part.is_structured()) continue;
      if (const int found = self(self, part, id); found != 0) return found;
    }
    return 0;
  };
  return find(find, file, client);
}

TEST(Ports, ThatATaskLeavesOutAreAssignedAndKnownToAllParties) {
  const int base = free_port();
  Cluster cluster({.nodes = 2, .node_config = "computation_ports = \"" + std::to_string(base) + "-" + std::to_string(base + 30) + "\"\n"});
  write_tables(cluster);
  const auto task = without_ports(cluster, "a");
  const auto checked = cluster.post("/checkTask", task);
  EXPECT_EQ(checked.status, 200) << checked.body;
  cluster.run(task);
  EXPECT_EQ(cluster.post("/createTask", task).status, 200) << "the same body is the same task";
  ASSERT_EQ(cluster.post("/createTask", without_ports(cluster, "b")).status, 200);
  ASSERT_EQ(cluster.post("/createTask", without_ports(cluster, "c")).status, 200);
  std::set<int> ports;
  for (const std::string name : {"b", "c"}) {
    for (int client = 0; client < 3; ++client) {
      const int port = port_of(cluster, name, client, client == 0 ? 0 : 1);
      EXPECT_GE(port, base);
      EXPECT_LE(port, base + 30);
      if (client == 0) continue;
      EXPECT_TRUE(ports.insert(port).second) << port << " was assigned twice";
    }
  }
  cluster.node(1).kill();
  cluster.start_node(1);
  ASSERT_EQ(cluster.post("/createTask", without_ports(cluster, "d")).status, 200);
  EXPECT_TRUE(ports.insert(port_of(cluster, "d", 1, 1)).second) << "a restart forgets no assignment";
}

TEST(Ports, OfAnExhaustedRangeAreRefusedUntilATaskIsGone) {
  // The nodes share an address: the task's three clients need three ports.
  const int base = free_range(3);
  Cluster cluster({.nodes = 2, .node_config = "prepare_expiry_s = 1\ncomputation_ports = \"" + std::to_string(base) + "-" + std::to_string(base + 2) + "\"\n"});
  write_tables(cluster);
  ASSERT_EQ(cluster.post("/createTask", without_ports(cluster, "first")).status, 200);
  const auto refused = cluster.post("/createTask", without_ports(cluster, "second"));
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("no computation port is left at this node"));
  EXPECT_EQ(cluster.status("second"), "NotExist");
  ASSERT_EQ(cluster.post("/deleteTask?task_name=first").status, 200);
  // What was held for the refused creation is free after prepare_expiry_s.
  Answer again;
  for (int look = 0; look < 100 && again.status != 200; ++look) {
    again = cluster.post("/createTask", without_ports(cluster, "second"));
    if (again.status != 200) ::usleep(100'000);
  }
  EXPECT_EQ(again.status, 200) << again.body;
}

}  // namespace
}  // namespace pai::test
