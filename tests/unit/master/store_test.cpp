// master.db: what was written is there after a restart, only known steps are written, and many stored tasks cost little.

#include "master/store.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "common/task/validate.h"
#include "support/temp_folder.h"

namespace pai::master {
namespace {

using task::TaskEvent;
using task::TaskState;

task::TaskSpec spec(const std::string& name) {
  const auto client = [](int port, const char* role, const char* type) {
    nlohmann::json config = {{"client_type", type}, {"computation_port", port}};
    if (std::string(type) == "alignment_data") {
      config["raw_data_path"] = "raw.csv";
      config["out_data_path"] = "out" + std::to_string(port);
    }
    return nlohmann::json{{"role", role}, {"addr", "127.0.0.1"}, {"http_port", port + 1'000}, {"client_config", config}};
  };
  auto made = task::validate({{"task_name", name},
                              {"clients",
                               {client(2000, "main_client", "alignment_main"), client(2001, "feature_client", "alignment_data"),
                                client(2002, "label_client", "alignment_data")}}});
  EXPECT_TRUE(made.ok()) << made.error().describe();
  return std::move(*made);
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }

  void reopen() {
    store.reset();
    auto opened = Store::open(folder / "master.db");
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    store = std::move(*opened);
  }

  TaskRecord add(const std::string& name) {
    TaskRecord record;
    record.spec = std::make_shared<const task::TaskSpec>(spec(name));
    record.attempt = "a";
    record.created_at = 5;
    std::vector<task::ClientStatus> clients(3);
    for (int i = 0; i < 3; ++i) {
      clients[static_cast<std::size_t>(i)].task_name = name;
      clients[static_cast<std::size_t>(i)].client = i;
    }
    const DatasetRecord data{.task_name = name, .client = 1, .node = "n:1", .out_data_path = "out2001", .files = {"raw_aligned.csv"}};
    const auto stored = store->insert(record, clients, std::vector{data});
    EXPECT_TRUE(stored.ok()) << stored.error().describe();
    return record;
  }

  Status step(TaskRecord& record, TaskEvent event, const Store::Change& change = {}) {
    const auto transition = *task::apply(record.state, event);
    PAI_TRY(store->save(record, transition, change));
    record.state = transition.to();
    return {};
  }

  test::TempFolder folder;
  std::unique_ptr<Store> store;
};

TEST_F(StoreTest, WhatWasStoredIsThereAfterARestart) {
  auto record = add("t");
  ASSERT_TRUE(store->set_decided(record, true).ok());
  ASSERT_TRUE(step(record, TaskEvent::kCommitted).ok());
  record.run_id = "r1";
  record.started_at = 7;
  record.trace = log::new_trace();
  ASSERT_TRUE(step(record, TaskEvent::kStart).ok());
  record.cause = "client 1: lost";
  record.cause_client = 1;
  task::ClientStatus failed;
  failed.task_name = "t";
  failed.client = 1;
  failed.run_id = "r1";
  failed.state = task::ClientState::kFailed;
  failed.reason = "lost";
  ASSERT_TRUE(step(record, TaskEvent::kFail, {.clients = {failed}}).ok());
  Intent intent{.kind = Intent::Kind::kStop, .task_name = "t", .client = 2, .node = {.host = "h", .port = 9, .identity = "i"}};
  ASSERT_TRUE(step(record, TaskEvent::kAllEnded, {.add_intents = {intent}}).ok());

  reopen();
  const auto found = store->find("t");
  ASSERT_TRUE(found.ok() && found->has_value());
  const auto& stored = **found;
  EXPECT_EQ(stored.record.state, TaskState::kFailed);
  EXPECT_EQ(stored.record.spec->document(), record.spec->document());
  EXPECT_TRUE(stored.record.decided);
  EXPECT_EQ(stored.record.run_id, "r1");
  EXPECT_EQ(stored.record.cause, "client 1: lost");
  EXPECT_EQ(stored.record.cause_client, 1);
  EXPECT_EQ(stored.record.created_at, 5);
  EXPECT_EQ(stored.record.started_at, 7);
  EXPECT_EQ(stored.record.trace, record.trace);
  ASSERT_EQ(stored.clients.size(), 3u);
  EXPECT_EQ(stored.clients[1], failed);
  ASSERT_EQ(stored.intents.size(), 1u);
  EXPECT_EQ(stored.intents[0].node, intent.node);
  EXPECT_EQ(stored.intents[0].client, 2);
}

TEST_F(StoreTest, ANameIsTakenOnce) {
  add("t");
  TaskRecord again;
  again.spec = std::make_shared<const task::TaskSpec>(spec("t"));
  const auto refused = store->insert(again, {}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
}

TEST_F(StoreTest, AStepFromAnotherStateThanTheStoredOneIsRefusedAndChangesNothing) {
  auto record = add("t");
  const auto wrong = *task::apply(TaskState::kCreated, TaskEvent::kStart);
  EXPECT_FALSE(store->save(record, wrong).ok());
  EXPECT_EQ((*store->find("t"))->record.state, TaskState::kCreating);
}

TEST_F(StoreTest, ARemovedTaskTakesItsIntentsAlongButForgetsStay) {
  auto record = add("t");
  ASSERT_TRUE(step(record, TaskEvent::kForget, {.add_intents = {{.kind = Intent::Kind::kDelete, .task_name = "t"}}}).ok());
  const Intent keep{.kind = Intent::Kind::kForget, .task_name = "t", .client = 1, .attempt = "a"};
  ASSERT_TRUE(store->remove(record, std::vector{keep}).ok());
  EXPECT_FALSE(store->find("t")->has_value());
  const auto left = store->intents();
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ((*left)[0].kind, Intent::Kind::kForget);
  EXPECT_TRUE(store->datasets_of("t")->empty());
}

TEST_F(StoreTest, RowsAreAddedWhenAClientFinished) {
  auto record = add("t");
  task::ClientStatus done;
  done.task_name = "t";
  done.client = 1;
  done.state = task::ClientState::kFinished;
  done.dataset = task::DatasetSummary{.out_data_path = "out2001", .files = {"raw_aligned.csv"}, .columns = {"x"}, .train_rows = 8, .test_rows = 2, .alignment_id = "ab"};
  ASSERT_TRUE(store->save_clients(record, std::vector{done}).ok());
  const auto data = store->datasets_of("t");
  ASSERT_EQ(data->size(), 1u);
  EXPECT_TRUE((*data)[0].finished);
  EXPECT_EQ((*data)[0].train_rows, 8u);
}

TEST_F(StoreTest, AClosedGateWritesNothing) {
  store.reset();
  auto gated = Store::open(folder / "master.db", [](std::string_view) -> Status { return Error(ErrorCode::kIo, "closed"); });
  ASSERT_TRUE(gated.ok());
  store = std::move(*gated);
  TaskRecord record;
  record.spec = std::make_shared<const task::TaskSpec>(spec("t"));
  EXPECT_FALSE(store->insert(record, {}, {}).ok());
  EXPECT_FALSE(store->find("t")->has_value());
}

TEST_F(StoreTest, TenThousandTasksAreListedPageByPageAndOnlyUnfinishedOnesAreTakenUp) {
  constexpr int kThreads = 40;
  constexpr int kEach = 250;
  const auto sample = spec("sample");
  std::vector<std::thread> writers;  // many at once share their commits
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        auto own = sample;
        own.name = "t" + std::to_string(t * kEach + i);
        TaskRecord record;
        record.spec = std::make_shared<const task::TaskSpec>(std::move(own));
        ASSERT_TRUE(store->insert(record, {}, {}).ok());
        ASSERT_TRUE(step(record, TaskEvent::kCommitted).ok());
      }
    });
  }
  for (auto& writer : writers) writer.join();
  add("open");
  reopen();
  std::set<std::string> seen;
  for (std::int64_t number = 1; number <= 100; ++number) {
    const auto page = store->list_tasks({.limit = 100, .page = number, .state = "Created"});
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->total, kThreads * kEach);
    for (const auto& item : page->items) seen.insert(item.name);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kThreads * kEach));
  EXPECT_TRUE(store->list_tasks({.limit = 100, .page = 101, .state = "Created"})->items.empty());
  EXPECT_EQ(*store->unfinished(), std::vector<std::string>{"open"});
  EXPECT_EQ(store->counts()->at({"Created", "alignment"}), kThreads * kEach);
}

TEST_F(StoreTest, ASearchLooksIntoWhatAListShows) {
  for (const auto* name : {"Credit-march", "credit-april", "insurance"}) {
    auto record = add(name);
    ASSERT_TRUE(step(record, TaskEvent::kCommitted).ok());
  }
  const auto names = [&](ListQuery query) {
    std::set<std::string> found;
    const auto page = store->list_tasks(query);
    EXPECT_TRUE(page.ok());
    EXPECT_EQ(static_cast<std::size_t>(page->total), page->items.size());
    for (const auto& item : page->items) found.insert(item.name);
    return found;
  };
  EXPECT_EQ(names({.search = "CREDIT"}), (std::set<std::string>{"Credit-march", "credit-april"}));
  EXPECT_EQ(names({.search = "a%"}), std::set<std::string>{});  // no pattern: the letters themselves
  EXPECT_EQ(names({.state = "Created", .search = "sura"}), std::set<std::string>{"insurance"});
  EXPECT_EQ(names({.state = "Failed", .search = "sura"}), std::set<std::string>{});
  EXPECT_EQ(store->list_datasets({.search = "OUT2001"})->total, 3);
  EXPECT_EQ(store->list_datasets({.state = "Created", .search = "april"})->total, 1);
}

TEST_F(StoreTest, WhetherANextStartIsResumedIsKept) {
  auto record = add("a");
  ASSERT_TRUE(store->set_resume(record, true).ok());
  reopen();
  EXPECT_TRUE((*store->find("a"))->record.resume);
  record.resume = true;
  ASSERT_TRUE(store->save(record, *task::apply(TaskState::kCreating, TaskEvent::kCommitted)).ok());
  EXPECT_TRUE((*store->find("a"))->record.resume);
  record.resume = false;
  ASSERT_TRUE(store->save(record, *task::apply(TaskState::kCreated, TaskEvent::kStart)).ok());
  reopen();
  EXPECT_FALSE((*store->find("a"))->record.resume);
}

}  // namespace
}  // namespace pai::master
