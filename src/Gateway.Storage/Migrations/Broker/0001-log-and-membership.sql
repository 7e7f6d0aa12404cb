-- In every table row_hash stands last and covers the columns before it, in this order (RowHash.cs).

CREATE TABLE leaves (
  idx INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  leaf_data BLOB NOT NULL,
  salt BLOB NOT NULL,
  entry BLOB NOT NULL,
  circle BLOB,
  epoch INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
-- Narrow: serves the start of the program (leaves of the network's state) and the count of leaves.
CREATE INDEX leaves_by_state ON leaves (state);

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
  idx INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  record_key BLOB NOT NULL,
  expiry INTEGER NOT NULL,
  contributor BLOB NOT NULL,
  issuance_salt BLOB NOT NULL,
  member_signature BLOB NOT NULL,
  receipt_size INTEGER NOT NULL,
  withdrawn_at INTEGER,
  has_item INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_by_id ON records (id);
CREATE UNIQUE INDEX records_by_key ON records (record_key);
CREATE INDEX records_by_expiry ON records (expiry) WHERE has_item = 1;
CREATE INDEX records_not_withdrawn ON records (circle, expiry) WHERE withdrawn_at IS NULL;

-- Apart from records, so that scans of records stay narrow.
CREATE TABLE items (
  idx INTEGER PRIMARY KEY,
  item BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

CREATE TABLE invitations (
  token_hash BLOB NOT NULL PRIMARY KEY,
  member BLOB NOT NULL,
  name TEXT NOT NULL,
  role INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE proposals (
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  request BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (circle, epoch)
) STRICT;

CREATE TABLE route_keys (
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  route_key BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (circle, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_usage (
  member BLOB NOT NULL,
  quota TEXT NOT NULL,
  day INTEGER NOT NULL,
  used INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (member, quota, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_usage_by_day ON quota_usage (day);
