-- A checkpoint that the log's key has signed and this store does not have, once somebody has shown one: nothing is appended to this store any more.
CREATE TABLE foreign_checkpoint (
  slot BIGINT NOT NULL PRIMARY KEY,
  note BYTEA NOT NULL,
  found_at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
