-- How disputes stand, by the log; reminded is the last reminder this node's people were given.
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
  reminded INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX disputes_circle ON disputes (circle);

-- Reports on what came of hits, on their way to the broker. The shipment's reference is a keyed digest.
CREATE TABLE outcomes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  record BLOB NOT NULL,
  shipment BLOB NOT NULL,
  outcome INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  state INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  UNIQUE (record, shipment)
) STRICT;
CREATE INDEX outcomes_state ON outcomes (state, id);
