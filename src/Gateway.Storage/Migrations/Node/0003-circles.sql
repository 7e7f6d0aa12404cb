-- What this member's officers have ordered about circles. It stays, and counts until the log has a later change of the member.
CREATE TABLE circle_orders (
  circle BLOB NOT NULL,
  member BLOB NOT NULL,
  change INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  ordered_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (circle, member)
) STRICT, WITHOUT ROWID;

-- Second readings of the log that are under way: next is the first leaf not read again yet, grant_idx the last to read.
CREATE TABLE backfills (
  grant_idx INTEGER PRIMARY KEY,
  circle BLOB NOT NULL,
  next INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
