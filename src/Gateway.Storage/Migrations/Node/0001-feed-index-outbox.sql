-- In every table row_hash stands last and covers the columns before it, in this order, except ids that SQLite gives (RowHash.cs).

CREATE TABLE leaves (
  idx INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  leaf_data BLOB NOT NULL,
  salt BLOB,
  entry BLOB,
  row_hash BLOB NOT NULL
) STRICT;
-- Narrow: serves the start of the program (leaves of the network's state) and the count of leaves.
CREATE INDEX leaves_by_state ON leaves (state);

-- One row: the head.
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

-- position = level * 2^60 + index
CREATE TABLE tiles (
  position INTEGER PRIMARY KEY,
  hashes BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

CREATE TABLE records (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  idx INTEGER NOT NULL,
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  record_key BLOB NOT NULL,
  expiry INTEGER NOT NULL,
  state INTEGER NOT NULL,
  fault TEXT,
  withdrawn_at INTEGER,
  has_item INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
-- Not unique: a record that repeats an id or a key is kept, quarantined.
CREATE INDEX records_by_id ON records (id);
CREATE INDEX records_by_key ON records (record_key);
CREATE INDEX records_live_by_expiry ON records (expiry) WHERE state = 1;
CREATE INDEX records_awaiting ON records (withdrawn_at) WHERE state = 5;
CREATE INDEX records_by_circle ON records (circle, state);

-- Apart from records, so that scans of records stay narrow.
CREATE TABLE items (
  number INTEGER PRIMARY KEY,
  item BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

CREATE TABLE tags (
  number INTEGER PRIMARY KEY,
  tags BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

CREATE TABLE known (
  id INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  hash BLOB NOT NULL,
  sealed BLOB NOT NULL,
  used_day INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX known_by_hash ON known (hash, version);

CREATE TABLE known_tags (
  id INTEGER PRIMARY KEY,
  tag BLOB NOT NULL,
  hash BLOB NOT NULL,
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX known_tags_by_tag ON known_tags (tag, hash);

-- Ordered by record: what a record leaves behind is deleted by its number.
CREATE TABLE hits (
  record INTEGER NOT NULL,
  hash BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (record, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  circle BLOB NOT NULL,
  reference TEXT NOT NULL,
  content_hash BLOB NOT NULL,
  state INTEGER NOT NULL,
  draft BLOB,
  record_salt BLOB,
  record_id BLOB,
  submission BLOB,
  receipt BLOB,
  refusal BLOB,
  created_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_by_reference ON outbox (circle, reference);
CREATE INDEX outbox_by_state ON outbox (state);
CREATE INDEX outbox_by_record ON outbox (record_id) WHERE record_id IS NOT NULL;

CREATE TABLE outbox_withdrawals (
  id INTEGER PRIMARY KEY,
  record_id BLOB NOT NULL,
  request BLOB NOT NULL,
  receipt BLOB,
  refusal BLOB,
  created_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_withdrawals_by_record ON outbox_withdrawals (record_id);
CREATE INDEX outbox_withdrawals_open ON outbox_withdrawals (id) WHERE receipt IS NULL AND refusal IS NULL;

CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  raised_at INTEGER NOT NULL,
  error BLOB NOT NULL,
  evidence BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
