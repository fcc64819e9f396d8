CREATE TABLE host (
  id      INTEGER PRIMARY KEY,
  addr    BLOB    NOT NULL, -- 4 or 6, the 16 bytes, the zone: sorts as reports do
  vlan    INTEGER NOT NULL,
  vni     INTEGER NOT NULL,
  address TEXT    NOT NULL, -- the same, readable
  UNIQUE (addr, vlan, vni)
) STRICT;
CREATE TABLE endpoint (
  id      INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL REFERENCES host,
  proto   INTEGER NOT NULL, -- 0 TCP, 1 UDP, 2 SCTP
  port    INTEGER NOT NULL,
  UNIQUE (host_id, proto, port)
) STRICT;
CREATE TABLE origin ( -- one pass over one input by one sensor
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE life ( -- when an endpoint was seen open, or closed
  endpoint_id INTEGER NOT NULL REFERENCES endpoint,
  closed      INTEGER NOT NULL,
  first       INTEGER, -- nanoseconds since 1970; NULL if unknown
  last        INTEGER,
  reason      TEXT NOT NULL,
  PRIMARY KEY (endpoint_id, closed)
) STRICT, WITHOUT ROWID;
CREATE TABLE life_count (
  endpoint_id INTEGER NOT NULL REFERENCES endpoint,
  closed      INTEGER NOT NULL,
  origin_id   INTEGER NOT NULL REFERENCES origin,
  n           INTEGER NOT NULL,
  PRIMARY KEY (endpoint_id, closed, origin_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE banner ( -- the bytes of each sample, once
  id   INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  data BLOB NOT NULL
) STRICT;
CREATE TABLE finding ( -- what a match line said, once
  id       INTEGER PRIMARY KEY,
  hash     BLOB    NOT NULL UNIQUE,
  kind     INTEGER NOT NULL, -- 0 none, 1 soft, 2 hard, 3 timeout
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
  file     TEXT    NOT NULL, -- of the signature
  line     INTEGER NOT NULL,
  anyprobe INTEGER NOT NULL, -- the request was not recognised
  degraded INTEGER NOT NULL  -- a budget ran out on the way
) STRICT;
CREATE TABLE evidence (
  id          INTEGER PRIMARY KEY,
  endpoint_id INTEGER NOT NULL REFERENCES endpoint,
  key         BLOB    NOT NULL, -- hash of everything it claims
  source      INTEGER NOT NULL, -- 0 passive, 1 active
  sensor      TEXT    NOT NULL,
  finding_id  INTEGER NOT NULL REFERENCES finding,
  tls         TEXT    NOT NULL, -- JSON, a character a byte; empty if there is none
  via         INTEGER NOT NULL,
  target      TEXT    NOT NULL,
  request     TEXT    NOT NULL,
  mid         INTEGER NOT NULL,
  first       INTEGER,
  last        INTEGER,
  size        INTEGER NOT NULL, -- of the words, of which banner holds the first
  banner_id   INTEGER REFERENCES banner,
  UNIQUE (endpoint_id, key)
) STRICT;
CREATE TABLE evidence_count (
  evidence_id INTEGER NOT NULL REFERENCES evidence,
  origin_id   INTEGER NOT NULL REFERENCES origin,
  n           INTEGER NOT NULL,
  PRIMARY KEY (evidence_id, origin_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE hint (
  host_id INTEGER NOT NULL REFERENCES host,
  kind    TEXT NOT NULL,
  value   TEXT NOT NULL,
  source  TEXT NOT NULL,
  first   INTEGER,
  last    INTEGER,
  PRIMARY KEY (host_id, kind, value, source)
) STRICT, WITHOUT ROWID;

CREATE VIEW services AS -- every piece of evidence, readable; the strongest is for "earshot report" to say
SELECT h.address, h.vlan, h.vni, p.port, CASE p.proto WHEN 0 THEN 'tcp' WHEN 1 THEN 'udp' ELSE 'sctp' END AS proto,
       f.service, f.product, f.version, f.info, f.hostname, f.os, f.device,
       CASE e.source WHEN 0 THEN 'passive' ELSE 'active' END AS source,
       CASE f.kind WHEN 0 THEN 'none' WHEN 1 THEN 'soft' WHEN 2 THEN 'hard' ELSE 'timeout' END AS kind,
       CASE WHEN f.line > 0 THEN f.file || ':' || f.line ELSE '' END AS signature, f.probe,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.first / 1e9, 'unixepoch') AS first,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.last / 1e9, 'unixepoch') AS last,
       (SELECT sum(n) FROM evidence_count c WHERE c.evidence_id = e.id) AS count
FROM evidence e JOIN endpoint p ON p.id = e.endpoint_id JOIN host h ON h.id = p.host_id JOIN finding f ON f.id = e.finding_id;

CREATE VIEW ports AS -- every endpoint that was seen, open or closed
SELECT h.address, h.vlan, h.vni, p.port, CASE p.proto WHEN 0 THEN 'tcp' WHEN 1 THEN 'udp' ELSE 'sctp' END AS proto,
       CASE l.closed WHEN 0 THEN 'open' ELSE 'closed' END AS state, l.reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', l.first / 1e9, 'unixepoch') AS first,
       strftime('%Y-%m-%dT%H:%M:%fZ', l.last / 1e9, 'unixepoch') AS last
FROM life l JOIN endpoint p ON p.id = l.endpoint_id JOIN host h ON h.id = p.host_id;

CREATE VIEW names AS -- names, hardware addresses, systems of hosts, and where each was heard
SELECT h.address, h.vlan, h.vni, t.kind, t.value, t.source,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.first / 1e9, 'unixepoch') AS first,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.last / 1e9, 'unixepoch') AS last
FROM hint t JOIN host h ON h.id = t.host_id;
