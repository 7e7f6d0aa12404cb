-- In every table row_hash stands last and covers the columns before it, in this order (RowHash.cs).

CREATE TABLE evaluators (
  name TEXT NOT NULL PRIMARY KEY,
  address TEXT NOT NULL,
  box_key BLOB NOT NULL,
  admitted_by TEXT NOT NULL,
  admitted_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One at a time: two made for the same keys would each undo the other.
CREATE TABLE share_offers (
  slot INTEGER PRIMARY KEY CHECK (slot = 1),
  evaluator TEXT NOT NULL,
  offer BLOB NOT NULL,
  made_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
