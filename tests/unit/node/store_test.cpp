// node.db: what is saved comes back after a restart, only transitions are saved, and a damaged file is told.
#include "node/store.h"

#include <gtest/gtest.h>

#include <set>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

using task::ClientEvent;
using task::ClientState;

ClientRecord prepared(const std::string& task, int client) {
  ClientRecord record;
  record.status.task_name = task;
  record.status.client = client;
  record.status.state = ClientState::kPrepared;
  record.attempt = "a1";
  record.digest = "d1";
  record.master_identity = "sha256:00";
  record.computation_port = 54321;
  record.out_data_path = "out/数据";
  record.prepared_at = 1700000000.25;
  return record;
}

const Documents kDocuments{{{"task_name", "t"}}, {{"raw_data_path", "a b.csv"}}};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }
  void reopen() {
    store_.reset();
    store_.emplace(std::move(Store::open(folder_ / "node.db")).value());
  }
  void save(ClientRecord& record, ClientEvent event) {
    const auto transition = task::apply(record.status.state, event);
    ASSERT_TRUE(transition.ok());
    record.status.state = transition->to();
    const Status saved = store_->save(record, *transition);
    ASSERT_TRUE(saved.ok()) << saved.error().describe();
  }
  ClientRecord only() {
    auto records = store_->clients();
    EXPECT_TRUE(records.ok()) << records.error().describe();
    EXPECT_EQ(records->size(), 1u);
    return records->at(0);
  }

  test::TempFolder folder_;
  std::optional<Store> store_;
};

TEST_F(StoreTest, EveryFieldSurvivesARestart) {
  ClientRecord record = prepared("t", 2);
  ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
  record.status.created_at = 1700000001.5;
  save(record, ClientEvent::kCommit);
  record.status.run_id = "b1";
  record.status.started_at = 1700000002.5;
  record.process = {"boot", 4242, 0xFFFF'FFFF'FFFF'FFF0u};
  record.trace = log::new_trace();
  save(record, ClientEvent::kLaunch);
  save(record, ClientEvent::kLaunched);
  record.stop_reason = "enough";
  save(record, ClientEvent::kStop);
  record.status.progress = {"read", 3, 4, "rows", 1.5};
  record.status.reason = "stopped: enough";
  record.status.blames = 1;
  record.status.signal = 9;
  record.status.ended_at = 1700000003.5;
  save(record, ClientEvent::kEndStopped);
  ASSERT_TRUE(store_->save_intent(record.key(), Intent::kDeleteWithDatasets).ok());
  reopen();
  const ClientRecord loaded = only();
  EXPECT_EQ(loaded.status, record.status);
  EXPECT_EQ(loaded.attempt, record.attempt);
  EXPECT_EQ(loaded.digest, record.digest);
  EXPECT_EQ(loaded.master_identity, record.master_identity);
  EXPECT_EQ(loaded.computation_port, record.computation_port);
  EXPECT_EQ(loaded.out_data_path, record.out_data_path);
  EXPECT_EQ(loaded.prepared_at, record.prepared_at);
  EXPECT_EQ(loaded.process, record.process);
  EXPECT_EQ(loaded.trace, record.trace);
  EXPECT_EQ(loaded.stop_reason, record.stop_reason);
  EXPECT_EQ(loaded.intent, Intent::kDeleteWithDatasets);
  const auto documents = store_->documents(record.key());
  ASSERT_TRUE(documents.ok());
  EXPECT_EQ(documents->public_part, kDocuments.public_part);
  EXPECT_EQ(documents->own_settings, kDocuments.own_settings);
}

TEST_F(StoreTest, TransitionFromAnotherStateThanTheStoredOneIsRefused) {
  ClientRecord record = prepared("t", 1);
  ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
  const auto transition = task::apply(ClientState::kCreated, ClientEvent::kLaunch);
  record.status.state = transition->to();
  EXPECT_EQ(store_->save(record, *transition).error().code(), ErrorCode::kInternal);
  EXPECT_EQ(only().status.state, ClientState::kPrepared);
}

TEST_F(StoreTest, SecondInsertFailsUnlessItReplaces) {
  ASSERT_TRUE(store_->insert(prepared("t", 1), kDocuments, false).ok());
  EXPECT_FALSE(store_->insert(prepared("t", 1), kDocuments, false).ok());
  ClientRecord other = prepared("t", 1);
  other.attempt = "a2";
  EXPECT_TRUE(store_->insert(other, kDocuments, true).ok());
  EXPECT_EQ(only().attempt, "a2");
}

TEST_F(StoreTest, FinishedClientsDataSetIsRegisteredInTheSameStep) {
  ClientRecord record = prepared("t", 1);
  ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
  save(record, ClientEvent::kCommit);
  save(record, ClientEvent::kLaunch);
  record.status.dataset = task::DatasetSummary{.out_data_path = "out",
                                               .files = {"train.csv"},
                                               .columns = {"X1"},
                                               .train_rows = 4,
                                               .test_rows = 1,
                                               .alignment_id = "00ff"};
  save(record, ClientEvent::kReportFinished);
  reopen();
  const auto datasets = store_->datasets();
  ASSERT_TRUE(datasets.ok());
  ASSERT_EQ(datasets->size(), 1u);
  EXPECT_EQ(datasets->at(0).summary, *record.status.dataset);
  EXPECT_EQ(datasets->at(0).holder, record.key());
  // Forgetting the task keeps the data set; it is nobody's then, also not a later task's of that name.
  ASSERT_TRUE(store_->remove(record.key()).ok());
  ASSERT_EQ(store_->datasets()->size(), 1u);
  EXPECT_EQ(store_->datasets()->at(0).holder, (ClientKey{"t", kNoClient}));
  ASSERT_TRUE(store_->remove_dataset("out").ok());
  EXPECT_TRUE(store_->datasets()->empty());
}

TEST_F(StoreTest, ThoseThatEndedLongAgoAreLeftOutUnlessTheyAreToBeDeleted) {
  for (const char* name : {"created", "old", "new", "deleting"}) {
    ClientRecord record = prepared(name, 1);
    ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
    save(record, ClientEvent::kCommit);
    if (name == std::string("created")) continue;
    record.status.ended_at = name == std::string("new") ? 1'000 : 10;
    save(record, ClientEvent::kStop);
    if (name == std::string("deleting")) {
      ASSERT_TRUE(store_->save_intent(record.key(), Intent::kDelete).ok());
    }
  }
  const auto records = store_->clients(500);
  ASSERT_TRUE(records.ok()) << records.error().describe();
  std::set<std::string> names;
  for (const auto& record : *records) names.insert(record.status.task_name);
  EXPECT_EQ(names, (std::set<std::string>{"created", "new", "deleting"}));
  EXPECT_EQ(store_->client({"old", 1})->value().status.ended_at, 10);
  EXPECT_FALSE(store_->client({"old", 2})->has_value());
  EXPECT_EQ(store_->states()->size(), 4u);
  EXPECT_EQ(store_->states()->at({"old", 1}), ClientState::kStopped);
  std::map<ClientState, std::size_t> counted;
  const auto counts = store_->counts();
  ASSERT_TRUE(counts.ok());
  for (const auto& each : *counts) counted[each.state] += each.clients;
  EXPECT_EQ(counted.at(ClientState::kStopped), 3u);
  EXPECT_EQ(counted.at(ClientState::kCreated), 1u);
}

TEST_F(StoreTest, ListsAMastersClientsInPagesTheLatestFirst) {
  for (int i = 0; i < 5; ++i) {
    ClientRecord record = prepared("t" + std::to_string(i), 1);
    record.prepared_at = 100 + i;
    if (i == 4) record.master_identity = "sha256:ff";
    ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
    if (i == 1) save(record, ClientEvent::kCommit);
  }
  const auto second = store_->list("sha256:00", {.state = {}, .limit = 2, .page = 2});
  ASSERT_TRUE(second.ok()) << second.error().describe();
  EXPECT_EQ(second->total, 4);
  ASSERT_EQ(second->items.size(), 2u);
  EXPECT_EQ(second->items[0].task_name, "t1");
  EXPECT_EQ(second->items[1].task_name, "t0");
  const auto created = store_->list("sha256:00", {.state = ClientState::kCreated});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->total, 1);
  EXPECT_EQ(created->items.at(0).state, ClientState::kCreated);
}

TEST_F(StoreTest, UnknownClientHasNoDocuments) {
  EXPECT_EQ(store_->documents({"nobody", 0}).error().code(), ErrorCode::kNotFound);
}

TEST_F(StoreTest, WhatAClientRestsOnSurvivesARestart) {
  ClientRecord record = prepared("t", 1);
  record.granted = {.grant = "credit", .manual = true, .initiator = tls::PeerIdentity{"sha256:00", "cn", {"a", "b"}, 7}};
  ASSERT_TRUE(store_->insert(record, kDocuments, false).ok());
  record.granted.approved_digest = "d";
  record.granted.approved_at = 5.5;
  save(record, ClientEvent::kCommit);
  reopen();
  EXPECT_EQ(only().granted, record.granted);
  record.granted = {};
  ASSERT_TRUE(store_->save_granted(record).ok());
  reopen();
  EXPECT_EQ(only().granted, GrantRecord{});
}

TEST_F(StoreTest, GrantsAndTheirUsesSurviveARestart) {
  EXPECT_FALSE(*store_->has_grants());
  policy::Grant grant;
  grant.name = "g";
  grant.initiator = "m";
  grant.raw = {"a.csv"};
  ASSERT_TRUE(store_->add_grant(grant, 1).ok());
  EXPECT_EQ(store_->add_grant(grant, 2).error().code(), ErrorCode::kConflict);
  ASSERT_TRUE(store_->add_use("g", "t", "r1", 3, 2).ok());
  ASSERT_TRUE(store_->add_use("g", "t", "r1", 3, 2).ok()) << "the second client of a run uses nothing more";
  ASSERT_TRUE(store_->add_use("g", "t", "r2", 4, 2).ok());
  EXPECT_EQ(store_->add_use("g", "t", "r3", 5, 2).error().code(), ErrorCode::kDenied);
  reopen();
  EXPECT_EQ(store_->uses("", "")->at("g"), 2u);
  EXPECT_EQ(store_->uses("t", "r2")->at("g"), 1u);
  EXPECT_EQ(*store_->grants(), std::vector<policy::Grant>{grant});
  ASSERT_TRUE(store_->revoke_grant("g", 6).ok());
  EXPECT_EQ(store_->revoke_grant("g", 7).error().code(), ErrorCode::kNotFound);
  reopen();
  EXPECT_TRUE(store_->grants()->empty());
  EXPECT_TRUE(*store_->has_grants());
  EXPECT_EQ(store_->add_grant(grant, 8).error().code(), ErrorCode::kConflict);
}

TEST(Store, FileThatIsNoDatabaseIsAnError) {
  test::TempFolder folder;
  test::write_text(folder / "node.db", std::string(4096, 'x'));
  EXPECT_FALSE(Store::open(folder / "node.db").ok());
}

}  // namespace
}  // namespace pai::node
