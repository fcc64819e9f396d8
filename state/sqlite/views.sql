-- What an operator reads: plain names, times as text.

-- When anything was heard of a host: its services, open or not, and its hints.
DROP VIEW IF EXISTS heard;
CREATE VIEW heard AS
SELECT s.host, e.first, e.last FROM evidence e JOIN endpoint s ON s.id = e.endpoint
UNION ALL SELECT s.host, g.first, g.last FROM sighting g JOIN endpoint s ON s.id = g.endpoint
UNION ALL SELECT host, first, last FROM hint;

DROP VIEW IF EXISTS hosts;
CREATE VIEW hosts AS
SELECT h.addr AS address, nullif(h.vlan, 0) AS vlan, nullif(h.vni, 0) AS vni,
  (SELECT group_concat(DISTINCT value) FROM hint WHERE host = h.id AND kind = 'name') AS names,
  (SELECT group_concat(DISTINCT value) FROM hint WHERE host = h.id AND kind = 'mac') AS macs,
  (SELECT group_concat(DISTINCT value) FROM hint WHERE host = h.id AND kind = 'os') AS os,
  (SELECT group_concat(DISTINCT value) FROM hint WHERE host = h.id AND kind = 'device') AS devices,
  (SELECT count(*) FROM endpoint WHERE host = h.id) AS services,
  strftime('%Y-%m-%dT%H:%M:%SZ', (SELECT min(first) FROM heard WHERE host = h.id) / 1000000000, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', (SELECT max(last) FROM heard WHERE host = h.id) / 1000000000, 'unixepoch') AS last
FROM host h ORDER BY h.key, h.vlan, h.vni;

DROP VIEW IF EXISTS names;
CREATE VIEW names AS
SELECT h.addr AS address, x.kind, x.value, x.source,
  strftime('%Y-%m-%dT%H:%M:%SZ', x.first / 1000000000, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', x.last / 1000000000, 'unixepoch') AS last
FROM hint x JOIN host h ON h.id = x.host;

DROP VIEW IF EXISTS services;
CREATE VIEW services AS
SELECT h.addr AS address, nullif(h.vlan, 0) AS vlan, nullif(h.vni, 0) AS vni, s.port,
  CASE s.proto WHEN 1 THEN 'tcp' WHEN 2 THEN 'udp' ELSE 'sctp' END AS proto,
  CASE c.source WHEN 1 THEN 'active' ELSE 'passive' END AS method, c.sensor,
  c.service, c.tunnel, c.product, c.version, c.info, c.hostname, c.os, c.device, c.cpe, c.probe, c.request,
  CASE c.line WHEN 0 THEN NULL ELSE c.file || ':' || c.line END AS signature,
  strftime('%Y-%m-%dT%H:%M:%SZ', e.first / 1000000000, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', e.last / 1000000000, 'unixepoch') AS last,
  e.count, p.name AS origin, e.size, b.data AS banner, c.tls
FROM evidence e JOIN endpoint s ON s.id = e.endpoint JOIN host h ON h.id = s.host
  JOIN claim c ON c.id = e.claim JOIN origin p ON p.id = e.origin LEFT JOIN banner b ON b.id = e.banner;

DROP VIEW IF EXISTS ports;
CREATE VIEW ports AS
SELECT h.addr AS address, nullif(h.vlan, 0) AS vlan, nullif(h.vni, 0) AS vni, s.port,
  CASE s.proto WHEN 1 THEN 'tcp' WHEN 2 THEN 'udp' ELSE 'sctp' END AS proto,
  CASE g.closed WHEN 1 THEN 'refused' ELSE 'open' END AS state, g.reason,
  strftime('%Y-%m-%dT%H:%M:%SZ', g.first / 1000000000, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', g.last / 1000000000, 'unixepoch') AS last,
  g.count, p.name AS origin
FROM sighting g JOIN endpoint s ON s.id = g.endpoint JOIN host h ON h.id = s.host JOIN origin p ON p.id = g.origin;

DROP VIEW IF EXISTS ledger;
CREATE VIEW ledger AS
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000000, 'unixepoch') AS time, addr AS address, proto, port, why, asked,
  outcome, sent AS packets_sent, got AS packets_received, sentdata AS bytes_sent, gotdata AS bytes_received, took AS ms
FROM question ORDER BY question.time;

DROP VIEW IF EXISTS sensors;
CREATE VIEW sensors AS
SELECT sensor AS name, count(*) AS runs, strftime('%Y-%m-%dT%H:%M:%SZ', min(started) / 1000000000, 'unixepoch') AS first_run,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(started) / 1000000000, 'unixepoch') AS last_run
FROM run GROUP BY sensor;

-- What changed, as the evidence tells it: where the times of one version, or of one
-- hardware address, end before those of another begin. earshot report --changes tells
-- more: what has gone quiet depends on a span.
DROP VIEW IF EXISTS changes;
CREATE VIEW changes AS
WITH life AS (
  SELECT endpoint, min(first) AS first, max(last) AS last FROM (
    SELECT endpoint, first, last FROM evidence UNION ALL SELECT endpoint, first, last FROM sighting WHERE closed = 0) GROUP BY endpoint),
named AS (
  SELECT e.endpoint, c.product || ' ' || c.version AS what, min(e.first) AS first, max(e.last) AS last
  FROM evidence e JOIN claim c ON c.id = e.claim WHERE c.kind = 2 AND c.version <> '' AND c.product <> '' AND c.target = '' GROUP BY e.endpoint, c.product, c.version),
versions AS (
  SELECT endpoint, what, first, lag(what) OVER w AS was, lag(last) OVER w AS until FROM named WINDOW w AS (PARTITION BY endpoint ORDER BY first, what)),
cards AS (
  SELECT host, value, min(first) AS first, max(last) AS last FROM hint WHERE kind = 'mac' GROUP BY host, value),
moves AS (
  SELECT host, value, first, lag(value) OVER w AS was, lag(last) OVER w AS until FROM cards WINDOW w AS (PARTITION BY host ORDER BY first, value)),
what AS (
  SELECT min(first) AS t, 'new-host' AS change, host, NULL AS proto, NULL AS port, NULL AS was, NULL AS now FROM heard GROUP BY host
  UNION ALL SELECT l.first, 'new-service', s.host, s.proto, s.port, NULL, NULL FROM life l JOIN endpoint s ON s.id = l.endpoint
  UNION ALL SELECT v.first, 'version-changed', s.host, s.proto, s.port, v.was, v.what FROM versions v JOIN endpoint s ON s.id = v.endpoint WHERE v.first >= v.until
  UNION ALL SELECT first, 'address-moved', host, NULL, NULL, was, value FROM moves WHERE first >= until)
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', r.t / 1000000000, 'unixepoch') AS time, r.change, h.addr AS address,
  CASE r.proto WHEN 1 THEN 'tcp' WHEN 2 THEN 'udp' WHEN 3 THEN 'sctp' END AS proto, r.port, r.was AS "from", r.now AS "to"
FROM what r JOIN host h ON h.id = r.host ORDER BY r.t, h.key, r.port;
