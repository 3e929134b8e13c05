// The README's walk by hand does what it says: its block of commands is run as it stands, with free ports and another folder.

#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <sstream>

#include "support/process.h"
#include "support/tables.h"
#include "support/temp_folder.h"

namespace pai::test {
namespace {

/// The ```sh block that starts with the programs' folder.
std::string walk_of(const std::string& readme) {
  const std::size_t from = readme.find("```sh\nbin=");
  const std::size_t to = readme.find("```", from + 6);
  return from == std::string::npos || to == std::string::npos ? "" : readme.substr(from + 6, to - from - 6);
}

std::string with_free_ports(std::string text) {
  for (const char* port : {"8376", "8377", "8378", "8084", "8085", "8082", "8083", "8884", "8885", "8886"}) {
    text = std::regex_replace(text, std::regex(std::string("\\b") + port + "\\b"), std::to_string(free_port()));
  }
  return text;
}

class Readme : public ::testing::TestWithParam<const char*> {};

/// The tasks that the walk POSTs.
constexpr const char* kTasks[] = {"reference_task.json", "logistic_training.json"};

TEST_P(Readme, WalkEndsWithAlignedTablesAndAModel) {
  const TempFolder folder;
  const std::filesystem::path source = PAI_SOURCE_DIR;
  std::string walk = walk_of(read_text(source / GetParam()));
  ASSERT_FALSE(walk.empty());
  // One text, so that the tasks' ports and the commands' ports stay the same.
  std::string all = walk;
  for (const auto* task : kTasks) all += "\x01" + read_text(source / "configs" / task);
  std::istringstream parts(with_free_ports(all));
  std::getline(parts, walk, '\x01');
  walk = std::regex_replace(walk, std::regex("build/release/bin"), PAI_BIN_DIR);
  walk = std::regex_replace(walk, std::regex("/tmp/pai"), (folder / "home").string());
  for (const auto* task : kTasks) {
    std::string document;
    std::getline(parts, document, '\x01');
    write_text(folder / task, document);
    walk = std::regex_replace(walk, std::regex(std::string("configs/") + task), (folder / task).string());
  }
  // An answer that is no success ends the walk.
  const std::string script = "set -eu\ncd " + source.string() + "\ntrap 'kill $(jobs -p)' EXIT\ncurl() { command curl -sS --fail-with-body \"$@\"; }\n" + walk;
  write_text(folder / "walk.sh", script);
  Process bash({"/bin/bash", (folder / "walk.sh").string()}, folder / "walk.log");
  const auto status = bash.wait(std::chrono::seconds(120));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(*status, 0) << read_text(folder / "walk.log");

  std::vector<Aligned> parties;
  for (const auto& [party, set, stem] : {std::tuple{"feature1", "test-f1", "credit_default_data1"},
                                         std::tuple{"feature2", "test-f2", "credit_default_data2"},
                                         std::tuple{"label", "test-l", "credit_default_label"}}) {
    parties.push_back(read_aligned(folder / "home" / party / "datasets" / set, stem));
  }
  EXPECT_GT(parties[0].ids.size(), 25000u) << read_text(folder / "walk.log");
  EXPECT_EQ(parties[0].ids, parties[1].ids);
  EXPECT_EQ(parties[0].ids, parties[2].ids);

  const auto record = read_csv(folder / "home" / "label" / "tasks" / "credit-logistic-4" / "record.csv");
  ASSERT_GE(record.size(), 2u) << read_text(folder / "walk.log");
  EXPECT_EQ(record.front(), (Cells{"time", "n_batches", "loss", "auc", "ks"}));
  EXPECT_GT(std::stod(record.back().at(3)), 0.685);
  EXPECT_GT(std::stod(record.back().at(4)), 0.33);
}

INSTANTIATE_TEST_SUITE_P(System, Readme, ::testing::Values("README.md", "README.zh-CN.md"));

}  // namespace
}  // namespace pai::test
