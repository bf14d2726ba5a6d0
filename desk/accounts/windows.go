package accounts

import "bonafide/account/window"

// tell lets others know what the lane's windows hold. Only who owns the guard
// calls it.
func (l *lane) tell() {
	if l.guard != nil {
		st := l.guard.Stats().Windows
		l.held.Store(&st)
	}
}

// Windows is what the windows of all tenants hold, on disk too, and had to let
// go, as of the last events that were decided.
func (d *Desk) Windows() window.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all window.Stats
	for _, l := range d.lanes {
		st := l.held.Load()
		if st == nil {
			continue
		}
		all.Keys, all.Entries, all.Cold = all.Keys+st.Keys, all.Entries+st.Entries, all.Cold+st.Cold
		all.Evicted, all.Dropped, all.Lost = all.Evicted+st.Evicted, all.Dropped+st.Dropped, all.Lost+st.Lost
		all.TooLate, all.Clamped = all.TooLate+st.TooLate, all.Clamped+st.Clamped
	}
	return all
}
