#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {

struct Outcome {
  int code = -1;
  std::string output;  ///< standard output and error
};

/// Runs the real paictl in a folder of the test's own.
class PaictlTest : public ::testing::Test {
 protected:
  Outcome paictl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(PAI_BIN_DIR) + "/paictl");
    return run(arguments);
  }

  Outcome run(const std::vector<std::string>& argv) {
    const auto log = folder_ / ("run" + std::to_string(++runs_) + ".log");
    Process process(argv, log);
    const auto status = process.wait(std::chrono::seconds(30));
    return {.code = status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1, .output = read_text(log)};
  }

  void expect_ok(const std::vector<std::string>& arguments) {
    const auto outcome = paictl(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
  }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  static unsigned mode(const std::string& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  bool verifies(const std::string& ca, const std::string& certificate, const std::string& purpose) {
    return run({"/usr/bin/openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca,
                certificate})
               .code == 0;
  }

  /// Every file below, with its content: to see that nothing changed.
  std::map<std::string, std::string> tree(const std::string& name) const {
    std::map<std::string, std::string> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / name, none)) {
      files[entry.path().string()] = entry.is_regular_file() ? read_text(entry.path()) : "folder";
    }
    return files;
  }

  TempFolder folder_;

 private:
  int runs_ = 0;
};

}  // namespace pai::test
