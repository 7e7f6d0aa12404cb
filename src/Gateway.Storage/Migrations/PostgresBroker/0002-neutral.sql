-- Each member's newest cosigned checkpoint: the log's signature and the member's, as a note.
CREATE TABLE cosignatures (
  member BYTEA NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  note BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);
