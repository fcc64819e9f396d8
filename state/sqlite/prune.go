package sqlite

import "earshot/state"

// prune takes away, of services that were told many claims, those that state.MaxClaims
// leaves no room for. Which they are depends on what they say alone, so taking them away
// early or late comes to the same.
func (w *writer) prune() error {
	for service, n := range w.grown {
		if n < state.MaxClaims {
			continue
		}
		delete(w.grown, service)
		if err := w.pruneService(service); err != nil {
			return err
		}
	}
	if len(w.grown) > knownServices {
		clear(w.grown)
	}
	return nil
}

func (w *writer) pruneService(service int64) error {
	rows, err := w.db.Query("SELECT DISTINCT claim FROM evidence WHERE endpoint = ?", service)
	if err != nil {
		return err
	}
	var ids []int64
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil || len(ids) <= 2*state.MaxClaims {
		return err
	}
	// state decides what stays; the endpoint is part of the order.
	m := new(state.Memory)
	said := map[state.Key]int64{}
	ep, err := w.endpoint(service)
	if err != nil {
		return err
	}
	for _, id := range ids {
		e, err := scanClaim(w.db.QueryRow("SELECT "+claimColumns+" FROM claim WHERE id = ?", id).Scan)
		if err != nil {
			return err
		}
		e.Endpoint = ep
		said[e.Key()] = id
		if err := m.Add(*e); err != nil {
			return err
		}
	}
	err = m.Hosts(func(h *state.Host) error {
		for i := range h.Services[0].Evidence {
			delete(said, h.Services[0].Evidence[i].Key())
		}
		return nil
	})
	for _, id := range said {
		if err == nil {
			_, err = w.db.Exec("DELETE FROM evidence WHERE endpoint = ? AND claim = ?", service, id)
		}
	}
	return err
}
