package memory_test

import (
	"strings"
	"testing"

	"bonafide/eventlog"
	"bonafide/eventlog/logtest"
	"bonafide/eventlog/memory"
	"bonafide/fault"
)

func TestConformance(t *testing.T) {
	logtest.Run(t, func(t testing.TB) eventlog.Log {
		l := memory.New(memory.Options{Partitions: 4})
		t.Cleanup(func() { _ = l.Close() })
		return l
	})
}

func TestFull(t *testing.T) {
	l := memory.New(memory.Options{MaxBytes: 100})
	for i := range 10 {
		if _, err := l.Append(t.Context(), logtest.Event("a", i)); err != nil {
			if fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "full") {
				t.Errorf("append to a full memory: %v", err)
			}
			return
		}
	}
	t.Error("a full memory took everything")
}
