-- A checkpoint that the log's key has signed and this store does not have, once somebody has shown one: nothing is appended to this store any more.
CREATE TABLE foreign_checkpoint (
  slot INTEGER NOT NULL PRIMARY KEY,
  note BLOB NOT NULL,
  found_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
