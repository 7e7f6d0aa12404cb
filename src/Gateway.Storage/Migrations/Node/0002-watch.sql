-- The member's own sellers and past shipments, what records say about them, and what officers said to that. Everything nominal is sealed by the node; digests are keyed by it.

CREATE TABLE sellers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reference BLOB NOT NULL,
  content BLOB NOT NULL,
  sealed BLOB NOT NULL,
  registered_day INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX sellers_by_reference ON sellers (reference);

CREATE TABLE seller_identifiers (
  hash BLOB NOT NULL,
  seller INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (hash, seller)
) STRICT, WITHOUT ROWID;
CREATE INDEX seller_identifiers_by_seller ON seller_identifiers (seller);

-- Many shipments a row, compressed and sealed together.
CREATE TABLE past_shipments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  day INTEGER NOT NULL,
  shipments INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE INDEX past_shipments_by_day ON past_shipments (day);

-- Which rows of past_shipments hold an identifier or a shipment's number: 64 bits of a keyed hash. Without row hash on purpose: it would be two thirds of the table, the whole hashes stand in
-- the sealed rows, and what is found here is compared with them.
CREATE TABLE past_keys (
  key INTEGER NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY (key, block)
) STRICT, WITHOUT ROWID;

-- Hits that nobody has looked at yet: written with them in one transaction, deleted with the alerts they led to.
CREATE TABLE meetings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL,
  record INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE INDEX meetings_by_record ON meetings (record);
CREATE INDEX meetings_by_hash ON meetings (hash);

-- change: rises with every change of any alert, so that a reader goes on where it ended.
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_kind INTEGER NOT NULL,
  subject BLOB NOT NULL,
  record INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  raised_at INTEGER NOT NULL,
  about BLOB NOT NULL,
  opened BLOB,
  ended INTEGER,
  acknowledged BLOB,
  change INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX alerts_by_subject ON alerts (subject_kind, subject, record);
CREATE INDEX alerts_by_record ON alerts (record);
CREATE UNIQUE INDEX alerts_by_change ON alerts (change);

CREATE TABLE dismissals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  record BLOB NOT NULL,
  identifiers BLOB NOT NULL,
  day INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX dismissals_by_pair ON dismissals (record, identifiers);

-- Serves the forgetting of what was not used for long.
CREATE INDEX known_by_used_day ON known (used_day);
