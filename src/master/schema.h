#pragma once

#include <array>
#include <string_view>

namespace pai::master {

/// master.db, step by step: step i leads from version i to i + 1. A step that was released is never changed.
inline constexpr std::array<std::string_view, 5> kSchemaSteps = {R"sql(
CREATE TABLE tasks (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  document     TEXT NOT NULL,
  state        TEXT NOT NULL,
  folded       TEXT NOT NULL,
  attempt      TEXT NOT NULL,
  decided      INTEGER NOT NULL DEFAULT 0,
  run_id       TEXT NOT NULL DEFAULT '',
  cause        TEXT NOT NULL DEFAULT '',
  cause_client INTEGER NOT NULL DEFAULT -1,
  client_count INTEGER NOT NULL,
  created_at   REAL NOT NULL,
  started_at   REAL NOT NULL DEFAULT 0,
  ended_at     REAL NOT NULL DEFAULT 0
);
CREATE INDEX tasks_by_state ON tasks(state, id);
CREATE INDEX tasks_by_folded ON tasks(folded, id);
CREATE TABLE clients (
  task_id INTEGER NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  client  INTEGER NOT NULL,
  status  TEXT NOT NULL,
  PRIMARY KEY (task_id, client)
) WITHOUT ROWID;
CREATE TABLE datasets (
  id            INTEGER PRIMARY KEY,
  task_id       INTEGER NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  client        INTEGER NOT NULL,
  node          TEXT NOT NULL,
  out_data_path TEXT NOT NULL,
  files         TEXT NOT NULL,
  finished      INTEGER NOT NULL DEFAULT 0,
  train_rows    INTEGER NOT NULL DEFAULT 0,
  test_rows     INTEGER NOT NULL DEFAULT 0,
  columns       TEXT NOT NULL DEFAULT '[]',
  alignment_id  TEXT NOT NULL DEFAULT '',
  UNIQUE (task_id, client)
);
CREATE TABLE intents (
  id        INTEGER PRIMARY KEY,
  kind      TEXT NOT NULL,
  task_name TEXT NOT NULL,
  client    INTEGER NOT NULL,
  host      TEXT NOT NULL,
  port      INTEGER NOT NULL,
  identity  TEXT NOT NULL,
  attempt   TEXT NOT NULL,
  datasets  INTEGER NOT NULL
);
CREATE INDEX intents_by_task ON intents(task_name);
CREATE TABLE nodes (
  host     TEXT NOT NULL,
  port     INTEGER NOT NULL,
  identity TEXT NOT NULL,
  PRIMARY KEY (host, port)
) WITHOUT ROWID;
)sql",
                                                                 R"sql(
ALTER TABLE tasks ADD COLUMN resume INTEGER NOT NULL DEFAULT 0;
)sql",
                                                                 R"sql(
ALTER TABLE tasks ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
CREATE TABLE users (
  name       TEXT PRIMARY KEY,
  role       TEXT NOT NULL,
  token_id   TEXT NOT NULL UNIQUE,
  token_hash TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  revoked_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
)sql",
                                                                 R"sql(
ALTER TABLE tasks ADD COLUMN family TEXT NOT NULL DEFAULT '';
UPDATE tasks SET family = CASE WHEN document LIKE '%"alignment_main"%' THEN 'alignment'
                               WHEN document LIKE '%"shared_nn_main"%' THEN 'shared_nn'
                               WHEN document LIKE '%"secure_xgboost_main"%' THEN 'secure_xgboost' ELSE '' END;
CREATE INDEX tasks_by_family ON tasks(state, family);
)sql",
                                                                 R"sql(
ALTER TABLE tasks ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
)sql"};

}  // namespace pai::master
