package eval

// NamesOfBars are the groups that bars rest on.
func NamesOfBars() []string {
	return []string{nameShops, nameAmazon, nameAmazonAll, namePairAmazon, nameModern, nameHardHam, nameForeign, nameRobocalls, nameCalls}
}
