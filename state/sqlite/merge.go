package sqlite

// Merge adds all that the state at path holds. Doing it again adds nothing.
func (d *DB) Merge(path string) error {
	if d.w == nil {
		return plain(d.path, ErrReadOnly)
	}
	from, err := OpenForReading(path)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := d.mergeRows(from); err != nil {
		return err
	}
	if err := d.mergeQuestions(from); err != nil {
		return err
	}
	return d.Flush()
}

// mergeRows pours host after host, so that neither file is held in memory.
func (d *DB) mergeRows(from *DB) error {
	r, err := from.begin()
	if err != nil {
		return plain(from.path, err)
	}
	defer r.end()
	return from.places(r, []byte{0}, []byte{0xff}, func(p *place) error {
		m, err := r.host(p)
		if err != nil {
			return plain(from.path, err)
		}
		return m.Replay(d)
	})
}

func (d *DB) mergeQuestions(from *DB) error {
	if err := from.Ledger(func(q *Question) error { return d.Asked(*q) }); err != nil {
		return err
	}
	rows, err := from.read.Query("SELECT command, sensor, version, started FROM run")
	if err != nil {
		return plain(from.path, err)
	}
	type run struct {
		command, sensor, version string
		at                       int64
	}
	var runs []run
	err = each(rows, func() error {
		var x run
		err := rows.Scan(&x.command, &x.sensor, &x.version, &x.at)
		runs = append(runs, x)
		return err
	})
	if err != nil {
		return plain(from.path, err)
	}
	for _, x := range runs {
		if err := d.Started(x.command, x.sensor, x.version, timeOf(x.at)); err != nil {
			return err
		}
	}
	return nil
}
