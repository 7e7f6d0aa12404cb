-- How the dispute about a record stands; written with the entries that say so.
CREATE TABLE disputes (
  record BLOB NOT NULL PRIMARY KEY,
  circle BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  disputed_at INTEGER,
  ground INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  decided_of INTEGER,
  decided_at INTEGER,
  decision INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  opened_by BLOB,
  opened_on INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX disputes_open ON disputes (deadline) WHERE is_open = 1;
CREATE INDEX disputes_opened ON disputes (opened_by, opened_on);

-- Objections that wait for their desk, sealed to it.
CREATE TABLE objections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  desk BLOB NOT NULL,
  reference TEXT NOT NULL,
  filed_at INTEGER NOT NULL,
  record BLOB,
  sealed BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE INDEX objections_desk ON objections (desk, id);

-- What came of hits, by who reports it: distinct members are counted. One for each member, record and shipment; the number is the first report's, so that a correction keeps its place.
CREATE TABLE outcomes (
  number INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  circle BLOB NOT NULL,
  contributor BLOB NOT NULL,
  member BLOB NOT NULL,
  shipment BLOB NOT NULL,
  outcome INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  UNIQUE (record, member, shipment)
) STRICT;
CREATE INDEX outcomes_circle ON outcomes (circle, record, number);
CREATE INDEX outcomes_contributor ON outcomes (contributor, record, number);
