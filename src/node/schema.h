#pragma once

#include <array>
#include <string_view>

namespace pai::node {

/// node.db, step by step: step i leads from version i to i + 1. A step that was released is never changed.
inline constexpr std::array<std::string_view, 6> kSchemaSteps = {R"sql(
CREATE TABLE clients (
  task_name TEXT NOT NULL,
  client INTEGER NOT NULL,
  state TEXT NOT NULL,
  status TEXT NOT NULL,           -- ClientStatus as JSON; `state` beside it is what counts
  attempt TEXT NOT NULL,
  digest TEXT NOT NULL,
  master_identity TEXT NOT NULL,
  public_part TEXT NOT NULL,
  own_settings TEXT NOT NULL,
  computation_port INTEGER NOT NULL,
  out_data_path TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  stop_reason TEXT NOT NULL,
  intent INTEGER NOT NULL,
  prepared_at REAL NOT NULL,
  PRIMARY KEY (task_name, client)
);
CREATE TABLE datasets (
  out_data_path TEXT PRIMARY KEY,
  task_name TEXT NOT NULL,
  client INTEGER NOT NULL,
  summary TEXT NOT NULL,
  registered_at REAL NOT NULL
);
)sql",
                                                          R"sql(
CREATE INDEX clients_by_state ON clients(state);
CREATE INDEX clients_by_master ON clients(master_identity, prepared_at);
)sql",
                                                          R"sql(
ALTER TABLE clients ADD COLUMN granted TEXT NOT NULL DEFAULT '{}';   -- GrantRecord as JSON
CREATE TABLE grants (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL,
  made_at REAL NOT NULL,
  revoked_at REAL                 -- kept, so that its name and its uses are nobody else's
);
CREATE TABLE grant_uses (
  grant_name TEXT NOT NULL,
  task_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  used_at REAL NOT NULL,
  PRIMARY KEY (grant_name, task_name, run_id)
) WITHOUT ROWID;
)sql",
                                                          R"sql(
ALTER TABLE clients ADD COLUMN type TEXT NOT NULL DEFAULT '';   -- client_type, for counting
UPDATE clients SET type = coalesce(json_extract(public_part, '$.clients[' || client || '].client_type'), '')
WHERE json_valid(public_part);
DROP INDEX clients_by_state;
CREATE INDEX clients_by_state ON clients(state, type);
)sql",
                                                          R"sql(
CREATE TABLE queue (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of asking
  owner TEXT NOT NULL,                        -- the master, see api::caller_of
  task_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  clients INTEGER NOT NULL,
  UNIQUE (owner, task_name, run_id)
);
CREATE TABLE identity (node_id TEXT NOT NULL);   -- by which every master orders nodes
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
)sql",
                                                          R"sql(
ALTER TABLE clients ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
)sql"};

}  // namespace pai::node
