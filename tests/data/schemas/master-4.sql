-- master.db as version 4 of its schema had it: an alignment that finished, and a task that waits for its start.
PRAGMA user_version=4;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE clients (
  task_id INTEGER NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  client  INTEGER NOT NULL,
  status  TEXT NOT NULL,
  PRIMARY KEY (task_id, client)
) WITHOUT ROWID;
INSERT INTO "clients" VALUES(1,0,'{"blames":null,"client":0,"created_at":1795849319.9067016,"dataset":null,"ended_at":1795849320.1612134,"exit_code":0,"n_batches":null,"progress":{"done":2,"per_second":null,"phase":"publish","seconds_left":null,"total":2,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.919853,"state":"Finished","task_name":"aligned"}');
INSERT INTO "clients" VALUES(1,1,'{"blames":null,"client":1,"created_at":1795849319.9070537,"dataset":{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["x"],"files":["a_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"a","test_rows":4,"train_rows":16},"ended_at":1795849320.1664708,"exit_code":0,"n_batches":null,"progress":{"done":1,"per_second":null,"phase":"publish","seconds_left":null,"total":1,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.921869,"state":"Finished","task_name":"aligned"}');
INSERT INTO "clients" VALUES(1,2,'{"blames":null,"client":2,"created_at":1795849319.9071865,"dataset":{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["y"],"files":["b_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"b","test_rows":4,"train_rows":16},"ended_at":1795849320.1641636,"exit_code":0,"n_batches":null,"progress":{"done":1,"per_second":null,"phase":"publish","seconds_left":null,"total":1,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.9222326,"state":"Finished","task_name":"aligned"}');
INSERT INTO "clients" VALUES(2,0,'{"blames":null,"client":0,"created_at":1795849320.3823442,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}');
INSERT INTO "clients" VALUES(2,1,'{"blames":null,"client":1,"created_at":1795849320.3823442,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}');
INSERT INTO "clients" VALUES(2,2,'{"blames":null,"client":2,"created_at":1795849320.3823442,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}');
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
INSERT INTO "datasets" VALUES(1,1,1,'127.0.0.1:39377','a','["a_aligned.csv","train.csv","test.csv","dataset.json"]',1,16,4,'["x"]','71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74');
INSERT INTO "datasets" VALUES(2,1,2,'127.0.0.1:39377','b','["b_aligned.csv","train.csv","test.csv","dataset.json"]',1,16,4,'["y"]','71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74');
INSERT INTO "datasets" VALUES(3,2,1,'127.0.0.1:39377','wa','["a_aligned.csv","train.csv","test.csv"]',0,0,0,'[]','');
INSERT INTO "datasets" VALUES(4,2,2,'127.0.0.1:39377','wb','["b_aligned.csv","train.csv","test.csv"]',0,0,0,'[]','');
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
CREATE TABLE nodes (
  host     TEXT NOT NULL,
  port     INTEGER NOT NULL,
  identity TEXT NOT NULL,
  PRIMARY KEY (host, port)
) WITHOUT ROWID;
INSERT INTO "nodes" VALUES('127.0.0.1',39377,'');
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
, resume INTEGER NOT NULL DEFAULT 0, created_by TEXT NOT NULL DEFAULT '', family TEXT NOT NULL DEFAULT '');
INSERT INTO "tasks" VALUES(1,'aligned','{"clients":[{"addr":"127.0.0.1","client_config":{"client_type":"alignment_main","computation_port":39401,"min_intersection":1,"psi":"prf","test_ratio":0.2},"http_port":39377,"role":"main_client"},{"addr":"127.0.0.1","client_config":{"client_type":"alignment_data","computation_port":39402,"duplicates":"error","out_data_path":"a","overwrite":false,"raw_data_path":"a.csv"},"http_port":39377,"role":"feature_client"},{"addr":"127.0.0.1","client_config":{"client_type":"alignment_data","computation_port":39403,"duplicates":"error","out_data_path":"b","overwrite":false,"raw_data_path":"b.csv"},"http_port":39377,"role":"label_client"}],"task_name":"aligned"}','Finished','Finished','1c3a18a652b1c8e042aa4b5f92e70067',1,'a53b17c9c1da073b185a25bdee262c03','',-1,3,1.79584931986360812191e+09,1.79584931991852331158e+09,1.79584932018250727648e+09,0,'','alignment');
INSERT INTO "tasks" VALUES(2,'waiting','{"clients":[{"addr":"127.0.0.1","client_config":{"client_type":"alignment_main","computation_port":39401,"min_intersection":1,"psi":"prf","test_ratio":0.2},"http_port":39377,"role":"main_client"},{"addr":"127.0.0.1","client_config":{"client_type":"alignment_data","computation_port":39402,"duplicates":"error","out_data_path":"wa","overwrite":false,"raw_data_path":"a.csv"},"http_port":39377,"role":"feature_client"},{"addr":"127.0.0.1","client_config":{"client_type":"alignment_data","computation_port":39403,"duplicates":"error","out_data_path":"wb","overwrite":false,"raw_data_path":"b.csv"},"http_port":39377,"role":"label_client"}],"task_name":"waiting"}','Created','Created','68d8c9d47b450b1fe46792bb8e417b3a',1,'','',-1,3,1.79584932038234424593e+09,0.0,0.0,0,'','alignment');
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
INSERT INTO "users" VALUES('alice','operator','4364d1d7','0661b860d7f030cbb702e0e778840f6c735fb20ad50b0182089c64b42705ab76','',1.79584932039473176004e+09,1.80362532039473176005e+09,0.0);
CREATE INDEX tasks_by_state ON tasks(state, id);
CREATE INDEX tasks_by_folded ON tasks(folded, id);
CREATE INDEX intents_by_task ON intents(task_name);
CREATE INDEX tasks_by_family ON tasks(state, family);
COMMIT;
