package window

// tree keeps values sorted with their number, to find the k-th in O(log n): a
// treap whose priorities are a fixed hash of the node's number, so that it is
// the same in each run. Nodes that are free are used again.
type tree struct {
	nodes []node
	root  int32 // 0 is none
	free  []int32
}

type node struct {
	value       int64
	left, right int32
	count       int32 // of this value
	size        int32 // of the whole subtree
	weight      uint32
}

func (t *tree) size(i int32) int32 {
	if i == 0 {
		return 0
	}
	return t.nodes[i].size
}

func (t *tree) fix(i int32) {
	n := &t.nodes[i]
	n.size = n.count + t.size(n.left) + t.size(n.right)
}

// insert adds one value.
func (t *tree) insert(v int64) {
	if len(t.nodes) == 0 {
		t.nodes = append(t.nodes, node{})
	}
	if t.bump(t.root, v, 1) {
		return
	}
	var i int32
	if n := len(t.free); n > 0 {
		i, t.free = t.free[n-1], t.free[:n-1]
	} else {
		i = int32(len(t.nodes))
		t.nodes = append(t.nodes, node{})
	}
	t.nodes[i] = node{value: v, count: 1, size: 1, weight: mix(uint32(i))}
	a, b := t.split(t.root, v)
	t.root = t.join(t.join(a, i), b)
}

// remove takes one value away; it must be there.
func (t *tree) remove(v int64) {
	if !t.bump(t.root, v, -1) {
		return
	}
	at := &t.root
	for *at != 0 {
		n := &t.nodes[*at]
		switch {
		case v < n.value:
			at = &n.left
		case v > n.value:
			at = &n.right
		default:
			if n.count == 0 {
				i := *at
				*at = t.join(n.left, n.right)
				t.free = append(t.free, i)
			}
			return
		}
	}
}

// bump changes how often a value is there and says whether it has a node.
func (t *tree) bump(i int32, v int64, by int32) bool {
	if i == 0 {
		return false
	}
	n := &t.nodes[i]
	found := true
	switch {
	case v < n.value:
		found = t.bump(n.left, v, by)
	case v > n.value:
		found = t.bump(n.right, v, by)
	default:
		n.count += by
	}
	if found {
		n.size += by
	}
	return found
}

// split cuts a subtree into values below v and above it.
func (t *tree) split(i int32, v int64) (int32, int32) {
	if i == 0 {
		return 0, 0
	}
	n := &t.nodes[i]
	if n.value < v {
		a, b := t.split(n.right, v)
		n.right = a
		t.fix(i)
		return i, b
	}
	a, b := t.split(n.left, v)
	n.left = b
	t.fix(i)
	return a, i
}

// join makes one subtree of two; all of a is below all of b.
func (t *tree) join(a, b int32) int32 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	case t.nodes[a].weight > t.nodes[b].weight:
		r := t.join(t.nodes[a].right, b)
		t.nodes[a].right = r
		t.fix(a)
		return a
	}
	l := t.join(a, t.nodes[b].left)
	t.nodes[b].left = l
	t.fix(b)
	return b
}

// at returns the k-th value from 0.
func (t *tree) at(k int) int64 {
	i := t.root
	for i != 0 {
		n := &t.nodes[i]
		left := int(t.size(n.left))
		switch {
		case k < left:
			i = n.left
		case k < left+int(n.count):
			return n.value
		default:
			k -= left + int(n.count)
			i = n.right
		}
	}
	return 0
}

func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	return x ^ x>>16
}
