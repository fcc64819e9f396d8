-- Tables. Times are nanoseconds since 1970, UTC. What is never heard of a service
-- stands as no row. Rows of the tables that are named by an id are never taken away.

CREATE TABLE host (
  id   INTEGER PRIMARY KEY,
  key  BLOB    NOT NULL, -- the address for sorting: 4 or 6, then its bytes
  addr TEXT    NOT NULL,
  vlan INTEGER NOT NULL,
  vni  INTEGER NOT NULL,
  UNIQUE (key, vlan, vni)
) STRICT;

CREATE TABLE endpoint (
  id    INTEGER PRIMARY KEY,
  host  INTEGER NOT NULL REFERENCES host,
  proto INTEGER NOT NULL, -- 1 tcp, 2 udp, 3 sctp
  port  INTEGER NOT NULL,
  UNIQUE (host, proto, port)
) STRICT;

-- An origin is one reading of one input by one sensor. Counts of one origin do not add up
-- twice, those of several passes do.
CREATE TABLE origin (
  id   INTEGER PRIMARY KEY,
  name TEXT    NOT NULL UNIQUE
) STRICT;

-- What was said, whoever said it: many services say the same.
CREATE TABLE claim (
  id       INTEGER PRIMARY KEY,
  hash     BLOB    NOT NULL UNIQUE,
  source   INTEGER NOT NULL, -- 0 passive, 1 active
  sensor   TEXT    NOT NULL,
  via      INTEGER NOT NULL, -- 0 direct, 1 after STARTTLS, 2 through a proxy
  target   TEXT    NOT NULL,
  request  TEXT    NOT NULL,
  mid      INTEGER NOT NULL,
  kind     INTEGER NOT NULL, -- 0 no line matched, 1 a softmatch, 2 a match, 3 the time ran out
  service  TEXT    NOT NULL,
  tunnel   TEXT    NOT NULL,
  product  TEXT    NOT NULL,
  version  TEXT    NOT NULL,
  info     TEXT    NOT NULL,
  hostname TEXT    NOT NULL,
  os       TEXT    NOT NULL,
  device   TEXT    NOT NULL,
  cpe      TEXT    NOT NULL, -- one a line
  probe    TEXT    NOT NULL,
  file     TEXT    NOT NULL,
  line     INTEGER NOT NULL,
  anyline  INTEGER NOT NULL,
  degraded INTEGER NOT NULL,
  tls      TEXT              -- facts of a handshake, as JSON
) STRICT;

CREATE TABLE banner (
  id   INTEGER PRIMARY KEY,
  hash BLOB    NOT NULL UNIQUE,
  data BLOB    NOT NULL
) STRICT;

CREATE TABLE evidence (
  endpoint INTEGER NOT NULL REFERENCES endpoint,
  claim   INTEGER NOT NULL REFERENCES claim,
  origin    INTEGER NOT NULL REFERENCES origin,
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  banner  INTEGER REFERENCES banner, -- the bytes heard first
  size    INTEGER NOT NULL,           -- how many there were before the cut
  PRIMARY KEY (endpoint, claim, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE sighting (
  endpoint INTEGER NOT NULL REFERENCES endpoint,
  closed  INTEGER NOT NULL,
  origin    INTEGER NOT NULL REFERENCES origin,
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  rank    INTEGER NOT NULL, -- of the reason: the lowest is the strongest
  reason  TEXT    NOT NULL,
  PRIMARY KEY (endpoint, closed, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE hint (
  host   INTEGER NOT NULL REFERENCES host,
  kind   TEXT    NOT NULL, -- "mac", "name", "os", "device", …
  value  TEXT    NOT NULL,
  source TEXT    NOT NULL, -- "arp", "dhcp", "sni", …
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (host, kind, value, source)
) STRICT, WITHOUT ROWID;

-- What the prober sent, and why.
CREATE TABLE question (
  time     INTEGER NOT NULL,
  addr     TEXT    NOT NULL,
  proto    TEXT    NOT NULL,
  port     INTEGER NOT NULL,
  why      TEXT    NOT NULL,
  asked    TEXT    NOT NULL, -- the probes, in order, one a line
  outcome  TEXT    NOT NULL,
  sent     INTEGER NOT NULL, -- packets
  got      INTEGER NOT NULL,
  sentdata INTEGER NOT NULL, -- bytes of payload
  gotdata  INTEGER NOT NULL,
  took     REAL    NOT NULL, -- milliseconds
  PRIMARY KEY (addr, proto, port, time, why)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id      INTEGER PRIMARY KEY,
  command TEXT    NOT NULL,
  sensor  TEXT    NOT NULL,
  version TEXT    NOT NULL,
  started INTEGER NOT NULL,
  UNIQUE (started, sensor, command)
) STRICT;
