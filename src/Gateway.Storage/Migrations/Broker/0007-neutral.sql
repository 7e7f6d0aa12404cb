-- Each member's newest cosigned checkpoint: the log's signature and the member's, as a note.
CREATE TABLE cosignatures (
  member BLOB NOT NULL PRIMARY KEY,
  size INTEGER NOT NULL,
  note BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
