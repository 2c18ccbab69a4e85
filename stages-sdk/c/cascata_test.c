/* The native host of tests as a file of its own, for languages that link it: Zig, D. */
#include "cascata_test_capabilities.h"
