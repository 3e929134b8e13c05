-- node.db as version 5 of its schema had it: an alignment that finished, and a task that waits for its start.
PRAGMA user_version=5;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
  prepared_at REAL NOT NULL, granted TEXT NOT NULL DEFAULT '{}', type TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (task_name, client)
);
INSERT INTO "clients" VALUES('aligned',2,'Finished','{"blames":null,"client":2,"created_at":1795849319.9071865,"dataset":{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["y"],"files":["b_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"b","test_rows":4,"train_rows":16},"ended_at":1795849320.1641636,"exit_code":0,"n_batches":null,"progress":{"done":1,"per_second":null,"phase":"publish","seconds_left":null,"total":1,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.9222326,"state":"Finished","task_name":"aligned"}','1c3a18a652b1c8e042aa4b5f92e70067','cd2eb6d82880d25fb5b4ea45e34d33b0cc0cc3ffb310e384669aeadf342a9005','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"aligned"}','{"client_type":"alignment_data","computation_port":39403,"duplicates":"error","out_data_path":"b","overwrite":false,"raw_data_path":"b.csv"}',39403,'b','00000000-0000-0000-0000-000000000000',27772,2413630,'',0,1.79584931987585234638e+09,'{}','alignment_data');
INSERT INTO "clients" VALUES('aligned',0,'Finished','{"blames":null,"client":0,"created_at":1795849319.9067016,"dataset":null,"ended_at":1795849320.1612134,"exit_code":0,"n_batches":null,"progress":{"done":2,"per_second":null,"phase":"publish","seconds_left":null,"total":2,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.919853,"state":"Finished","task_name":"aligned"}','1c3a18a652b1c8e042aa4b5f92e70067','cd2eb6d82880d25fb5b4ea45e34d33b0cc0cc3ffb310e384669aeadf342a9005','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"aligned"}','{"client_type":"alignment_main","computation_port":39401,"min_intersection":1,"psi":"prf","test_ratio":0.2}',39401,'','00000000-0000-0000-0000-000000000000',27770,2413630,'',0,1.79584931987802791592e+09,'{}','alignment_main');
INSERT INTO "clients" VALUES('aligned',1,'Finished','{"blames":null,"client":1,"created_at":1795849319.9070537,"dataset":{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["x"],"files":["a_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"a","test_rows":4,"train_rows":16},"ended_at":1795849320.1664708,"exit_code":0,"n_batches":null,"progress":{"done":1,"per_second":null,"phase":"publish","seconds_left":null,"total":1,"unit":"data sets"},"reason":"","record":null,"run_id":"a53b17c9c1da073b185a25bdee262c03","signal":null,"started_at":1795849319.921869,"state":"Finished","task_name":"aligned"}','1c3a18a652b1c8e042aa4b5f92e70067','cd2eb6d82880d25fb5b4ea45e34d33b0cc0cc3ffb310e384669aeadf342a9005','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"aligned"}','{"client_type":"alignment_data","computation_port":39402,"duplicates":"error","out_data_path":"a","overwrite":false,"raw_data_path":"a.csv"}',39402,'a','00000000-0000-0000-0000-000000000000',27773,2413630,'',0,1.79584931988201546666e+09,'{}','alignment_data');
INSERT INTO "clients" VALUES('waiting',0,'Created','{"blames":null,"client":0,"created_at":1795849320.3856103,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}','68d8c9d47b450b1fe46792bb8e417b3a','20abc932acbb70443a09675a1ff9f78a060264aadf8d94b6bbeb94c714aad6c9','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"waiting"}','{"client_type":"alignment_main","computation_port":39401,"min_intersection":1,"psi":"prf","test_ratio":0.2}',39401,'','',0,0,'',0,1.79584932038327383992e+09,'{}','alignment_main');
INSERT INTO "clients" VALUES('waiting',2,'Created','{"blames":null,"client":2,"created_at":1795849320.385983,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}','68d8c9d47b450b1fe46792bb8e417b3a','20abc932acbb70443a09675a1ff9f78a060264aadf8d94b6bbeb94c714aad6c9','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"waiting"}','{"client_type":"alignment_data","computation_port":39403,"duplicates":"error","out_data_path":"wb","overwrite":false,"raw_data_path":"b.csv"}',39403,'wb','',0,0,'',0,1.79584932038392567632e+09,'{}','alignment_data');
INSERT INTO "clients" VALUES('waiting',1,'Created','{"blames":null,"client":1,"created_at":1795849320.3856766,"dataset":null,"ended_at":0.0,"exit_code":null,"n_batches":null,"progress":{"done":0,"per_second":null,"phase":"","seconds_left":null,"total":0,"unit":""},"reason":"","record":null,"run_id":"","signal":null,"started_at":0.0,"state":"Created","task_name":"waiting"}','68d8c9d47b450b1fe46792bb8e417b3a','20abc932acbb70443a09675a1ff9f78a060264aadf8d94b6bbeb94c714aad6c9','','{"clients":[{"addr":"127.0.0.1","client_type":"alignment_main","computation_port":39401,"http_port":39377,"id":0,"role":"main_client","settings":{"min_intersection":1,"psi":"prf","test_ratio":0.2}},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39402,"http_port":39377,"id":1,"role":"feature_client"},{"addr":"127.0.0.1","client_type":"alignment_data","computation_port":39403,"http_port":39377,"id":2,"role":"label_client"}],"task_name":"waiting"}','{"client_type":"alignment_data","computation_port":39402,"duplicates":"error","out_data_path":"wa","overwrite":false,"raw_data_path":"a.csv"}',39402,'wa','',0,0,'',0,1.79584932038360023495e+09,'{}','alignment_data');
CREATE TABLE datasets (
  out_data_path TEXT PRIMARY KEY,
  task_name TEXT NOT NULL,
  client INTEGER NOT NULL,
  summary TEXT NOT NULL,
  registered_at REAL NOT NULL
);
INSERT INTO "datasets" VALUES('b','aligned',2,'{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["y"],"files":["b_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"b","test_rows":4,"train_rows":16}',1.79584932016416358945e+09);
INSERT INTO "datasets" VALUES('a','aligned',1,'{"alignment_id":"71f2d23e2bc7ab7da9e3d9265f9b3b6c5c11c0c0d3dd682e0dbdb377adb9ea74","columns":["x"],"files":["a_aligned.csv","train.csv","test.csv","dataset.json"],"out_data_path":"a","test_rows":4,"train_rows":16}',1.79584932016647076604e+09);
CREATE TABLE grant_uses (
  grant_name TEXT NOT NULL,
  task_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  used_at REAL NOT NULL,
  PRIMARY KEY (grant_name, task_name, run_id)
) WITHOUT ROWID;
CREATE TABLE grants (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL,
  made_at REAL NOT NULL,
  revoked_at REAL                 -- kept, so that its name and its uses are nobody else's
);
CREATE TABLE identity (node_id TEXT NOT NULL);
INSERT INTO "identity" VALUES('00112233445566778899aabbccddeeff');
CREATE TABLE queue (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of asking
  owner TEXT NOT NULL,                        -- the master, see api::caller_of
  task_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  clients INTEGER NOT NULL,
  UNIQUE (owner, task_name, run_id)
);
CREATE INDEX clients_by_master ON clients(master_identity, prepared_at);
CREATE INDEX clients_by_state ON clients(state, type);
DELETE FROM "sqlite_sequence";
COMMIT;
