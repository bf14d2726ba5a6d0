package eval

// CPUTime is the processor time of the process, for benchmarks.
var CPUTime = cpuTime
