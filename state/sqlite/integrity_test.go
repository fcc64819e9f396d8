package sqlite

import "strings"

// integrity returns what SQLite finds wrong with the file; "" if nothing.
func (d *DB) integrity() (string, error) {
	rows, err := d.read.Query("PRAGMA integrity_check(5)")
	if err != nil {
		return "", err
	}
	var all []string
	err = each(rows, func() error {
		var s string
		err := rows.Scan(&s)
		all = append(all, s)
		return err
	})
	if s := strings.Join(all, "; "); s != "ok" {
		return s, err
	}
	return "", err
}
