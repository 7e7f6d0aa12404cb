-- What members say of their membership in a circle, until the steward has acted on it: one acceptance and one departure each.
CREATE TABLE circle_statements (
  circle BLOB NOT NULL,
  member BLOB NOT NULL,
  departure INTEGER NOT NULL,
  statement BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (circle, member, departure)
) STRICT, WITHOUT ROWID;
