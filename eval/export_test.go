package eval

// CPUTime is the processor time of the process, for benchmarks.
var CPUTime = cpuTime

// NamesOfBars are the groups that bars rest on.
func NamesOfBars() []string {
	return []string{nameShops, nameAmazon, nameAmazonAll, namePairAmazon, nameModern, nameHardHam, nameForeign, nameRobocalls, nameCalls}
}
