package sql_test

import (
	"testing"

	"bonafide/store/storetest"
)

func TestConformance(t *testing.T) { storetest.Each(t, storetest.Run) }
