// Any edit, cut or reordering in an audit log's files is found.
#include "common/audit/chain_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::audit {
namespace {

using ::testing::HasSubstr;

struct Files {
  std::string first, second;
};

Files two_files() {
  Files files;
  task::HashChain chain;
  for (int i = 0; i < 3; ++i) files.first += chain.append({{"who", "a" + std::to_string(i)}});
  files.second += chain.append({{"what", "rotated"}, {"previous_file", "audit-000001.jsonl"}, {"previous_hash", chain.head().hash}});
  files.second += chain.append({{"who", "b"}});
  return files;
}

TEST(AuditFiles, ThatAreSoundAreSaidToBe) {
  const auto files = two_files();
  const auto checked = check_files({{"audit.jsonl", files.second}, {"audit-000001.jsonl", files.first}});
  ASSERT_TRUE(checked.ok()) << checked.error().describe();
  EXPECT_THAT(*checked, HasSubstr("audit-000001.jsonl: sound, 3 lines"));
  EXPECT_THAT(*checked, HasSubstr("audit.jsonl: sound, 2 lines, ends at line 5"));
  EXPECT_THAT(*check_files({{"audit.jsonl", files.second}}), HasSubstr("goes on from audit-000001.jsonl, which was not given"));
}

TEST(AuditFiles, ThatWereEditedNameTheLine) {
  const auto files = two_files();
  const auto fault = [](const std::string& text) { return check_file(text).error().describe(); };
  auto edited = files.first;
  edited.replace(edited.find("a1"), 2, "x1");
  EXPECT_THAT(fault(edited), HasSubstr("line 2 of the audit log"));
  const auto second_line = files.first.find('\n') + 1;
  EXPECT_THAT(fault(files.first.substr(second_line)), HasSubstr("line 1"));
  EXPECT_THAT(fault(files.first.substr(0, files.first.size() - 1)), HasSubstr("line 3"));
  auto other = files.second;
  other.replace(other.find("\"b\""), 3, "\"c\"");
  EXPECT_THAT(fault(other), HasSubstr("line 2"));
}

TEST(AuditFiles, OfWhichOneWasCutShowTheGap) {
  auto files = two_files();
  files.first.resize(files.first.rfind('\n', files.first.size() - 2) + 1);
  const auto checked = check_files({{"1", files.first}, {"2", files.second}});
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().describe(), HasSubstr("2: goes on from line 3"));
}

}  // namespace
}  // namespace pai::audit
