#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/io/files.h"
#include "support/temp_folder.h"

namespace pai::client::nn::test {

/// A data-set root with one data set, "credit", whose files hold what a test says.
class WrittenSet {
 public:
  std::vector<std::string> id_columns{"ID"};
  std::vector<std::string> columns{"X1", "X2", "X3"};
  std::string train = "1,2,3\n4,5,6\n";
  std::string test = "7,8,9\n";
  std::string aligned = "ID,X1,X2,X3\na,1,2,3\nb,4,5,6\nc,7,8,9\n";
  std::size_t train_rows = 2, test_rows = 1;

  const io::Root& root() const { return root_; }

  nlohmann::json description() const {
    return {{"format", 1},
            {"task", "align"},
            {"alignment_id", "abc"},
            {"id_columns", id_columns},
            {"columns", columns},
            {"rows", {{"train", train_rows}, {"test", test_rows}, {"total", train_rows + test_rows}}},
            {"files",
             {{"raw_aligned.csv", {{"bytes", aligned.size()}}},
              {"train.csv", {{"bytes", train.size()}}},
              {"test.csv", {{"bytes", test.size()}}}}}};
  }
  void put(const std::string& name, std::string_view content) {
    root_.write_atomically("credit/" + name, content, false).value();
  }
  void write() {
    put("train.csv", train);
    put("test.csv", test);
    put("raw_aligned.csv", aligned);
    put("dataset.json", description().dump());
  }

 private:
  pai::test::TempFolder folder_;
  io::Root root_ = [this] {
    auto root = io::Root::open(folder_.path(), false).value();
    root.make_folders("credit").value();
    return root;
  }();
};

}  // namespace pai::client::nn::test
