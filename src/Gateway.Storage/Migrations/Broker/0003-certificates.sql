-- Certificates that were issued; those that have ended go when their holder gets another.
CREATE TABLE issued_certificates (
  serial BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  key_hash BLOB NOT NULL,
  authority BLOB NOT NULL,
  issued_at INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_certificates_by_name ON issued_certificates (name, issued_at);

CREATE TABLE denied_certificates (
  key_hash BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  operator TEXT NOT NULL,
  reason TEXT NOT NULL,
  denied_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A number is given to one list only, and never again after a higher one: two brokers on one store cannot sign two lists of one number.
CREATE TABLE deny_lists (
  number INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  signature BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER deny_lists_only_rise BEFORE INSERT ON deny_lists
WHEN NEW.number <= (SELECT COALESCE(MAX(number), 0) FROM deny_lists)
BEGIN
  SELECT RAISE(ABORT, 'a deny list with this number or a higher one is there');
END;
